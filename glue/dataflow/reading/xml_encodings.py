"""XML encodings: the bytes of an XML object as UTF-8, which expat parses and messages show."""

from __future__ import annotations

import codecs
import re
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PIECE = 2**20  # bytes

_MARKS = {  # UTF-32 first: its mark begins with the one of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_DECLARATION = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"']")


def utf8_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of an object as UTF-8; raises Unreadable for bytes of no character."""
    head = stream.read(PIECE)
    rest = iter(lambda: stream.read(PIECE), b"")
    encoding = _encoding(head)
    if encoding == "utf-8":
        return chain([head], rest)
    return _transcoded(chain([head], rest), encoding)


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    declared = _DECLARATION.match(head)
    name = declared[1].decode().lower() if declared else "utf-8"
    try:
        known = codecs.lookup(name).name
    except LookupError:
        raise Unreadable(f"XML in the unknown encoding {name!r}") from None
    # A declaration that reads as ASCII is no UTF-16: programs write text and forget to adapt it.
    return "utf-8" if known == "ascii" or known.startswith(("utf-16", "utf-32")) else known


def _transcoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    for piece in chain(pieces, [b""]):
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeError as error:
            at = offset + getattr(error, "start", 0)
            raise Unreadable(f"XML: bytes near offset {at:,} are not {encoding}") from None
        offset += len(piece)
        yield text.encode("utf-8", "replace")
