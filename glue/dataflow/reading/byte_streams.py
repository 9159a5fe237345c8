"""Byte streams: readers over an object and over its decompressed content, within bounds."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

CHUNK = 1 << 20  # bytes; a decompressor returns at most so many at once
FREE = 256 << 20  # bytes that any object can expand to
RATIO = 200  # decompressed bytes to bytes of the object, beyond FREE
TOTAL = 256 << 30  # decompressed bytes of one object

# What the decompressors raise for content that is damaged. NotImplementedError and RuntimeError
# are zipfile's, for a method that it does not have and for an encrypted member.
DAMAGE = (
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    struct.error,
    IndexError,
    OverflowError,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    pa.ArrowException,
)


class Source(io.RawIOBase):
    """An object's bytes as S3 returns them.

    It distinguishes a read that failed, which can succeed the next time, from damaged content.
    """

    def __init__(self, stream: BinaryIO, size: int) -> None:
        super().__init__()
        self.failure: Exception | None = None
        self._stream = stream
        self.size = size
        self._missing = size

    def readable(self) -> bool:
        """Return true: the stream is for reading."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the object reaches."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (data := self._read(len(view) - filled)):
            view[filled : filled + len(data)] = data
            filled += len(data)
        return filled

    def _read(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except Exception as error:
            self.failure = error
            raise
        self._missing -= len(data)
        if not data and self._missing > 0:
            self.failure = ConnectionError(f"S3 returned {self._missing:,} bytes too few")
            raise self.failure
        return data


@dataclass
class Budget:
    """The bytes that an object can expand to."""

    size: int  # bytes of the object
    spent: int = 0

    def spend(self, count: int) -> None:
        """Raise Unreadable if the content becomes too large for the object's size."""
        self.spent += count
        limit = min(TOTAL, max(FREE, RATIO * self.size))
        if self.spent > limit:
            raise Unreadable(
                f"decompression stopped after {limit:,} bytes: the object has {self.size:,} bytes,"
                f" and can expand to {RATIO} times its size, at least {FREE >> 20} MiB and at most"
                f" {TOTAL >> 30} GiB; upload it uncompressed or in parts"
            )


class Chunks(io.RawIOBase):
    """A stream of the successive chunks of an iterator."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Return true: the stream is for reading."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer as far as the chunks reach."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._has_rest():
            part = self._rest[: len(view) - filled]
            view[filled : filled + len(part)] = part
            self._rest = self._rest[len(part) :]
            filled += len(part)
        return filled

    def _has_rest(self) -> bool:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._rest = memoryview(chunk)
        return True


def buffered(raw: io.RawIOBase) -> io.BufferedReader:
    """Return a reader whose `peek` returns up to CHUNK bytes, fewer only at the end."""
    return io.BufferedReader(raw, CHUNK)


def guarded(
    chunks: Iterator[bytes], source: Source, budget: Budget, what: str
) -> io.BufferedReader:
    """Return a reader of decompressed chunks that raises Unreadable if the content is damaged."""

    def checked() -> Iterator[bytes]:
        try:
            for chunk in chunks:
                budget.spend(len(chunk))
                yield chunk
        except DAMAGE as error:
            if source.failure is not None:
                raise source.failure from None
            raise Unreadable(
                f"{what} cannot be read to its end: {_text(error)}; upload the complete file again"
            ) from error

    return buffered(Chunks(checked()))


def _text(error: Exception) -> str:
    return str(error).strip() or type(error).__name__
