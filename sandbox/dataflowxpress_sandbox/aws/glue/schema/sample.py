"""Sample: the beginning of an object, uncompressed.

Glue's crawlers read the first megabyte of an object, and at most ten if JSON has no complete record
in it: https://repost.aws/knowledge-center/glue-crawler-multiple-tables. Columns and types that
occur only later are not detected.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO

from .compression import expanded
from .objects import MEGABYTE

_MOST = 10 * MEGABYTE


class Sample:
    """The first bytes of a seekable stream; raises NotExpandableError for a wrong compression."""

    def __init__(self, stream: BinaryIO, compression: str = "none", size: int = MEGABYTE) -> None:
        self.stream, self.compression = stream, compression
        self._size = size
        self.data, self.whole = expanded(stream, compression, size)

    def grow(self) -> bool:
        """Read one more megabyte; return False if there is none, or the limit is reached."""
        if self.whole or self._size >= _MOST:
            return False
        self._size += MEGABYTE
        self.stream.seek(0)
        self.data, self.whole = expanded(self.stream, self.compression, self._size)
        return True

    @property
    def is_binary(self) -> bool:
        """Whether the bytes are no text in UTF-8, the only encoding that Glue supports."""
        marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        return b"\0" in self.data or self.data.startswith(marks)

    @property
    def text(self) -> str:
        """The sample as text, without a byte order mark."""
        return self.data.decode("utf-8-sig", errors="replace")
