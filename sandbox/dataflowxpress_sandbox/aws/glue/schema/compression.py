"""Compression: expands the samples of compressed objects.

Glue's crawlers read gzip, bzip2, lz4, Snappy (its framing and Hadoop's), and zip archives that
contain one file: https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html. The page does not
say if the suffix or the content decides. Here both must agree, which is the worse case: content
that does not match the suffix is not recognised.
"""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FRAMING = b"\xff\x06\x00\x00sNaPpY"
_COMPRESSED, _PLAIN = 0x00, 0x01


class NotExpandableError(Exception):
    """The content is not what the suffix says, or is cut off."""


def expanded(stream: BinaryIO, compression: str, size: int) -> tuple[bytes, bool]:
    """Return at most *size* bytes of the content, and whether they are all of it."""
    try:
        data = _READERS[compression](stream, size + 1)
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as no:
        raise NotExpandableError(f"not {compression}: {no}") from no
    return data[:size], len(data) <= size


def _zipped(stream: BinaryIO, size: int) -> bytes:
    with zipfile.ZipFile(stream) as archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        if len(members) != 1:
            raise ValueError(f"{len(members)} files in the archive")
        if members[0].flag_bits & 1:
            raise ValueError("the archive is encrypted")
        with archive.open(members[0]) as member:
            return member.read(size)


def _lz4(stream: BinaryIO, size: int) -> bytes:
    import pyarrow as pa  # a third of the time in which an emulator starts

    data: bytes = pa.CompressedInputStream(pa.PythonFile(stream, "r"), "lz4").read(size)
    return data


def _snappy(stream: BinaryIO, size: int) -> bytes:
    begin = stream.read(len(_FRAMING))
    stream.seek(0)
    content, blocks = io.BytesIO(), (_framed if begin == _FRAMING else _hadoop)(stream)
    while content.tell() < size and (block := next(blocks, None)) is not None:
        content.write(block)
    return content.getvalue()[:size]


def _framed(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the blocks of Snappy's framing: a type, a length of three bytes, and the content."""
    while begin := stream.read(4):
        data = _exactly(stream, int.from_bytes(begin[1:], "little"))
        if begin[0] == _COMPRESSED:
            yield _raw(data[4:])
        elif begin[0] == _PLAIN:
            yield data[4:]


def _hadoop(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the blocks of Hadoop's codec: the length of the content, then parts with a length."""
    while begin := stream.read(4):
        left = int.from_bytes(begin, "big")
        while left > 0:
            part = _raw(_exactly(stream, int.from_bytes(_exactly(stream, 4), "big")))
            left -= len(part)
            yield part


def _raw(data: bytes) -> bytes:
    """Expand a block; it begins with the length of its content, seven bits a byte."""
    length = 0
    for number, byte in enumerate(data[:5]):
        length |= (byte & 0x7F) << 7 * number
        if not byte & 0x80:
            break
    if length > len(data) * 64:  # Snappy expands by a factor of at most 21
        raise ValueError("not Snappy")
    import pyarrow as pa

    content: bytes = pa.Codec("snappy").decompress(data, length, asbytes=True)
    return content


def _exactly(stream: BinaryIO, size: int) -> bytes:
    if size > 1 << 28 or len(data := stream.read(size)) < size:
        raise ValueError("the content is cut off")
    return data


_READERS: dict[str, Callable[[BinaryIO, int], bytes]] = {
    "none": lambda stream, size: stream.read(size),
    "gzip": lambda stream, size: gzip.GzipFile(fileobj=stream).read(size),
    "bzip2": lambda stream, size: bz2.BZ2File(stream).read(size),
    "zip": _zipped,
    "lz4": _lz4,
    "snappy": _snappy,
}
