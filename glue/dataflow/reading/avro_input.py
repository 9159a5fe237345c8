"""Avro input: the container of an Avro object, and the primitive values of its blocks."""

from __future__ import annotations

import bz2
import json
import lzma
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"Obj\x01"
SYNC = 16  # bytes of the marker after each block
BLOCK_BYTES = 256 * 2**20  # of a block, packed or not, at most
EMPTY_ITEMS = 1_000_000  # values without a byte, in a block at most


class Malformed(Exception):
    """The bytes of a block or of the header do not follow the format."""


class Cursor:
    """Bytes with a position."""

    __slots__ = ("data", "empty", "faults", "position")

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0
        self.empty = EMPTY_ITEMS
        self.faults: list[str] = []  # of the present record's values, which are no row then

    def left(self) -> int:
        """Return the number of bytes from the position on."""
        return len(self.data) - self.position

    def long(self) -> int:
        """Read an int or a long: zigzag in groups of 7 bits."""
        byte = self.data[self.position]
        self.position += 1
        if byte < 128:  # noqa: PLR2004
            return (byte >> 1) ^ -(byte & 1)
        value, shift = byte & 127, 7
        while True:
            byte = self.data[self.position]
            self.position += 1
            value |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004
                break
            shift += 7
            if shift > 63:  # noqa: PLR2004
                raise Malformed("an integer has more than ten bytes")
        if value >> 64:
            raise Malformed("an integer has more than 64 bits")
        return (value >> 1) ^ -(value & 1)

    def take(self, size: int) -> bytes:
        """Read bytes."""
        start = self.position
        if not 0 <= size <= len(self.data) - start:
            raise Malformed(f"a value of {size:,} bytes does not fit the block")
        self.position = start + size
        return self.data[start : start + size]

    def count(self) -> int:
        """Read the number of items in a block of an array or a map; 0 ends it."""
        items = self.long()
        if items < 0:
            self.long()  # the size of the block in bytes
            items = -items
        return self.items(items)

    def items(self, count: int) -> int:
        """Return a number of items, if that many can follow."""
        beyond = count - self.left()
        if beyond > 0:
            self.empty -= beyond
        if count < 0 or self.empty < 0:
            raise Malformed(f"{count:,} items do not fit the block")
        return count


class Container:
    """The header and the blocks of an object container file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._offset = 0
        if self._take(len(MAGIC)) != MAGIC:
            raise Unreadable("not Avro: an object container file begins with `Obj` and 1")
        metadata = self._metadata()
        self.codec = metadata.get("avro.codec", b"null").decode("utf-8", "replace")
        self.schema = _schema(metadata.get("avro.schema", b""))
        self._sync = self._take(SYNC)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number of records and the unpacked bytes of each block."""
        while (first := self._stream.read(1)) != b"":
            start, self._offset = self._offset, self._offset + 1
            records = self._long(first)
            data = self._take(self._long())
            if self._take(SYNC) != self._sync:
                raise self.unreadable("a block does not end with the marker of the header")
            try:
                unpacked = unpack(data, self.codec)
            except (Malformed, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise Unreadable(
                    f"not Avro: the block at offset {start:,} cannot be unpacked: {error}"
                ) from None
            yield records, unpacked

    def unreadable(self, problem: str) -> Unreadable:
        """Return the error of a fault before the present offset."""
        return Unreadable(f"not Avro: {problem}, before offset {self._offset:,}")

    def _metadata(self) -> dict[str, bytes]:
        metadata: dict[str, bytes] = {}
        while (items := self._long()) != 0:
            if items < 0:
                self._long()
            for _ in range(abs(items)):
                name = self._take(self._long()).decode("utf-8", "replace")
                metadata[name] = self._take(self._long())
        return metadata

    def _long(self, data: bytes = b"") -> int:
        data = data or self._take(1)
        while data[-1] > 127:  # noqa: PLR2004
            data += self._take(1)
            if len(data) > 10:  # noqa: PLR2004
                raise self.unreadable("an integer has more than ten bytes")
        try:
            return Cursor(data).long()
        except Malformed as error:
            raise self.unreadable(str(error)) from None

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= BLOCK_BYTES:
            raise self.unreadable(f"a part of {size:,} bytes is not between 0 and {BLOCK_BYTES:,}")
        data = self._stream.read(size)
        self._offset += len(data)
        if len(data) < size:
            raise self.unreadable("the object ends within a block")
        return data


def _schema(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("not Avro: the schema in the header is not JSON") from None


def unpack(data: bytes, codec: str) -> bytes:
    """Return the bytes of a block; raises Malformed, or an error of the codec's library."""
    match codec:
        case "null":
            return data
        case "deflate":
            inflater = zlib.decompressobj(-15)
            return _whole(inflater.decompress(data, BLOCK_BYTES), done=inflater.eof)
        case "bzip2":
            bunzipper = bz2.BZ2Decompressor()
            return _whole(bunzipper.decompress(data, BLOCK_BYTES), done=bunzipper.eof)
        case "xz":
            unxzer = lzma.LZMADecompressor(memlimit=BLOCK_BYTES)
            return _whole(unxzer.decompress(data, BLOCK_BYTES), done=unxzer.eof)
        case "zstandard":
            unpacked = pa.CompressedInputStream(pa.BufferReader(data), "zstd")
            return _whole(unpacked.read(BLOCK_BYTES), done=unpacked.read(1) == b"")
        case "snappy":
            return _snappy(data)
    raise Unreadable(f"Avro with the codec {codec!r}, which is unknown")


def _snappy(data: bytes) -> bytes:
    unpacked = raw_snappy(data[:-4], BLOCK_BYTES)
    if zlib.crc32(unpacked) != int.from_bytes(data[-4:]):
        raise Malformed("its checksum is wrong")
    return unpacked


def raw_snappy(data: bytes, largest: int) -> bytes:
    """Return the bytes of a block of Snappy; raises Malformed or OSError."""
    size = 0
    for position, byte in enumerate(data[:5]):
        size |= (byte & 127) << 7 * position
        if byte < 128:  # noqa: PLR2004
            break
    if size > largest or not data:
        raise Malformed(f"it has {size:,} bytes, and {largest:,} at most are expected")
    return bytes(pa.Codec("snappy").decompress(data, decompressed_size=size, asbytes=True))


def _whole(unpacked: bytes, *, done: bool) -> bytes:
    if not done:
        raise Malformed(f"it is cut, or larger than {BLOCK_BYTES:,} bytes")
    return unpacked
