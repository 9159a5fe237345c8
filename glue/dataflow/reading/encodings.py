"""Encodings: decode an object's bytes into blocks of text."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 4 << 20  # bytes
HEAD = 4096  # bytes that are enough to recognise UTF-16 without a byte order mark

# UTF-32 first: its mark begins with the one of UTF-16.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Without a mark, the wide encodings are little endian, as on Windows.
UNMARKED = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
WIDE = ("utf-16", "utf-32")
# Codecs in which a byte means something else after other bytes, and codecs that are not for files.
REFUSED = re.compile(r"utf-7|hz|iso2022.*|idna|punycode|.*unicode.escape|undefined|mbcs|oem")
ESCAPE = "dataflow-escape"


def decoded(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield an object's text in blocks, without the byte order mark.

    A mark decides, whatever *encoding* is. A byte that cannot be decoded becomes a lone surrogate,
    as with `surrogateescape`; `undecodable` finds it. In UTF-16 and UTF-32 such bytes raise
    Unreadable. A NUL raises it in every encoding. An unknown encoding raises ValueError.
    """
    head = _head(stream)
    codec, offset = _codec(head, encoding)
    position = 0
    for block in _blocks(stream, head[offset:], codec, offset):
        text = block if position else block.lstrip("\ufeff")
        if "\0" in text:
            raise Unreadable(
                f"binary data: a NUL after {position + text.index(chr(0)):,} characters"
            )
        position += len(text)
        if text:
            yield text


def undecodable(text: str) -> str | None:
    """Return the reason if a text has bytes that its encoding does not have."""
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return _reason(text, error.start)
    return None


def _reason(text: str, start: int) -> str:
    found = re.match("[\udc80-\udcff]{1,4}", text[start : start + 4])
    if not found:
        return f"character {start + 1:,} is U+{ord(text[start]):04X}, half of a surrogate pair"
    values = " ".join(f"0x{ord(each) - 0xDC00:02x}" for each in found[0])
    return (
        f"{values} at character {start + 1:,} cannot be decoded: correct the file,"
        " or set source.encoding, for example to windows-1252"
    )


def _head(stream: BinaryIO) -> bytes:
    head = stream.read(BLOCK)
    while len(head) < HEAD and (more := stream.read(HEAD - len(head))):
        head += more
    return head


def _codec(head: bytes, encoding: str) -> tuple[str, int]:
    """Return the codec of an object that begins with *head*, and the length of its mark."""
    codec = _named(encoding)
    for mark, marked in MARKS.items():
        if head.startswith(mark):
            return marked, len(mark)
    least = 2 if codec.startswith(WIDE) else max(2, len(head[:HEAD]) // 10)
    likely = _likely(head[:HEAD], least)
    if likely and likely != codec:
        setting = likely.replace("-le", "le").replace("-be", "be")
        raise Unreadable(
            f"the content has no byte order mark and looks like {likely.upper()}:"
            f" set source.encoding: {setting}"
        )
    return codec, 0


def _named(encoding: str) -> str:
    if encoding == "auto":
        return "utf-8"
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)  # refuses codecs that do not encode text
    except LookupError:
        raise ValueError(f"source.encoding: {encoding} is no encoding of text") from None
    if REFUSED.fullmatch(name):
        raise ValueError(f"source.encoding: {encoding} is not supported")
    return UNMARKED.get(name, name)


def _likely(head: bytes, least: int) -> str | None:
    """Return the wide encoding in which text would have its NULs where these are.

    ASCII characters have them, like delimiters and line ends in any language.
    """
    zeros = [head[position::4].count(0) for position in range(4)]
    count = len(head) // 4
    if count and zeros[3] >= count and zeros[2] * 2 >= count and not zeros[0]:
        return "utf-32-le"
    if count and zeros[0] >= count and zeros[1] * 2 >= count and not zeros[3]:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if even + odd < least or (even and odd):
        return None
    return "utf-16-le" if odd else "utf-16-be"


def _blocks(stream: BinaryIO, data: bytes, codec: str, offset: int) -> Iterator[str]:
    is_wide = codec.startswith(WIDE)
    errors = "strict" if is_wide else "surrogateescape" if codec == "utf-8" else ESCAPE
    decoder = codecs.getincrementaldecoder(codec)(errors)
    is_end = False
    while not is_end:
        pending = len(decoder.getstate()[0])
        is_end = not data
        try:
            yield decoder.decode(data, is_end)
        except UnicodeDecodeError as error:
            position = offset - pending + error.start
            raise Unreadable(
                f"the content is not {codec.upper()} from byte {position:,} on ({error.reason}):"
                " correct the file, or set source.encoding"
            ) from None
        offset += len(data)
        data = b"" if is_end else stream.read(BLOCK)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Replace one byte, so that a delimiter or a line end after it keeps its meaning."""
    if not isinstance(error, UnicodeDecodeError) or error.object[error.start] < 0x80:  # noqa: PLR2004
        raise error
    return chr(0xDC00 + error.object[error.start]), error.start + 1


codecs.register_error(ESCAPE, _escape)
