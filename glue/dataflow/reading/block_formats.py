"""Block formats: decompress Hadoop's blocks, and the two stream formats of Snappy."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from dataflow.reading.crc32c import masked_crc32c

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BLOCK = 64 << 20  # bytes of a block, decompressed; Hadoop's default is 256 KiB
MAX_SNAPPY_CHUNK = 65_536  # bytes of a chunk, decompressed
SNAPPY_EXPANSION = 6  # Snappy makes a block larger by at most a sixth, and 32 bytes
SNAPPY_RATIO = 22  # Snappy makes a block smaller by less than this
EMPTY = bytes(4)  # Hadoop's block for a file without content
SNAPPY_FRAME = b"\xff\x06\x00\x00sNaPpY"
PADDING = 0xFE  # a chunk of zeros
SNAPPY_JAVA = b"\x82SNAPPY\x00"
SNAPPY_JAVA_HEADER = len(SNAPPY_JAVA) + 8  # two versions


def hadoop_lz4(source: BinaryIO) -> Iterator[bytes]:
    """Yield the content of Hadoop's Lz4Codec."""
    return _hadoop(source, _lz4_block)


def hadoop_snappy(source: BinaryIO) -> Iterator[bytes]:
    """Yield the content of Hadoop's SnappyCodec."""
    return _hadoop(source, _snappy_block)


def looks_like_hadoop(head: bytes) -> bool:
    """Return whether the first lengths can be those of a block and its first chunk."""
    if len(head) < 8:  # noqa: PLR2004 - two lengths
        return head == EMPTY
    length, chunk = _length(head[:4]), _length(head[4:8])
    return 0 < length <= MAX_BLOCK and 0 < chunk <= _largest(length)


def _hadoop(source: BinaryIO, decode: Callable[[bytes, int], bytes]) -> Iterator[bytes]:
    # A block: its decompressed length, then chunks until they decompress to that length.
    head = source.read(4)
    if head == EMPTY and not (head := source.read(4)):
        return
    while head:
        missing = _length(head)
        if not 0 < missing <= MAX_BLOCK:
            raise ValueError(f"a block of {missing:,} bytes")
        while missing:
            size = _length(source.read(4))
            if not 0 < size <= _largest(missing):
                raise ValueError(f"a chunk of {size:,} bytes for {missing:,} bytes of content")
            content = decode(_exactly(source, size), missing)
            missing -= len(content)
            yield content
        head = source.read(4)


def _largest(length: int) -> int:
    """Return the most bytes that a block of this length compresses to."""
    return length + length // SNAPPY_EXPANSION + 32


def _length(data: bytes) -> int:
    (length,) = struct.unpack(">I", data)
    return int(length)


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise EOFError(f"the content ends {size - len(data):,} bytes before the end of a block")
    return data


def _lz4_block(data: bytes, most: int) -> bytes:
    codec = pa.Codec("lz4_raw")
    # PyArrow does not return how many bytes LZ4 has written, and a larger buffer keeps what was in
    # memory. The length is exact if the block fits into it, and not into one byte less.
    content = codec.decompress(data, most, asbytes=True)
    try:
        codec.decompress(data, most - 1)
    except OSError:
        return bytes(content)
    length = _lz4_length(data)
    if not 0 < length < most:
        raise ValueError(f"a chunk has {length:,} bytes of content")
    return bytes(codec.decompress(data, length, asbytes=True))


def _lz4_length(data: bytes) -> int:
    """Return the decompressed length of an LZ4 block from its sequences."""
    position = total = 0
    while position < len(data):
        token = data[position]
        literals, position = _lz4_count(data, position + 1, token >> 4)
        position += literals
        total += literals
        if position < len(data):  # the last sequence has no match
            match, position = _lz4_count(data, position + 2, token & 15)
            total += match + 4
    return total


def _lz4_count(data: bytes, position: int, count: int) -> tuple[int, int]:
    more = 255 if count == 15 else 0  # noqa: PLR2004 - four bits
    while more == 255:  # noqa: PLR2004 - eight bits
        more = data[position]
        count += more
        position += 1
    return count, position


def _snappy_block(data: bytes, most: int) -> bytes:
    length, _ = snappy_length(data)
    if not 0 < length <= most:
        raise ValueError(f"a chunk has {length:,} bytes of content, at most {most:,} are possible")
    return bytes(pa.Codec("snappy").decompress(data, length, asbytes=True))


def snappy_length(data: bytes) -> tuple[int, int]:
    """Return the decompressed length that a raw Snappy block begins with, and its own length."""
    length = 0
    for position, byte in enumerate(data[:5]):
        length |= (byte & 127) << 7 * position
        if byte < 128:  # noqa: PLR2004 - the highest bit says that another byte follows
            return length, position + 1
    raise ValueError("no length")


def raw_snappy(source: BinaryIO) -> Iterator[bytes]:
    """Yield the content of one raw block, as `snappy.compress` of Python writes it."""
    content = raw_snappy_content(source.read(_largest(MAX_BLOCK) + 1))
    if content is None:
        raise ValueError("it is neither in a framing format nor one block of up to 64 MiB")
    yield content


def raw_snappy_content(data: bytes) -> bytes | None:
    """Return the content if the data are exactly one raw block.

    A raw block has no signature. The declared length is tested first: it cannot differ more from
    the data's length than Snappy can compress.
    """
    try:
        length, _ = snappy_length(data)
        if length > SNAPPY_RATIO * len(data) or len(data) > _largest(length):
            return None
        return _snappy_block(data, MAX_BLOCK)
    except (ValueError, OSError):
        return None


def framed_snappy(source: BinaryIO) -> Iterator[bytes]:
    """Yield the content of Snappy's framing format, and verify its checksums."""
    return _with_content(_framed_chunks(source))


def java_snappy(source: BinaryIO) -> Iterator[bytes]:
    """Yield the content of the stream format of snappy-java, which Kafka uses, too."""
    return _with_content(_java_blocks(source))


def _with_content(chunks: Iterator[bytes]) -> Iterator[bytes]:
    # Both formats have no end marker. A file that was cut off after its header is not empty.
    first = next(chunks, None)
    if first is None:
        raise EOFError("the content ends after its header")
    yield first
    yield from chunks


def _framed_chunks(source: BinaryIO) -> Iterator[bytes]:
    while head := source.read(4):
        kind, size = _exactly_four(head)[0], int.from_bytes(head[1:], "little")
        data = _exactly(source, size)
        if kind in {0, 1}:
            yield _snappy_chunk(data, is_compressed=kind == 0)
        elif kind == SNAPPY_FRAME[0]:
            if data != SNAPPY_FRAME[4:]:
                raise ValueError("a stream identifier that is not Snappy's")
        elif kind != PADDING or data.strip(b"\0"):
            # The specification skips the types from 128 on. A changed bit makes them of data.
            raise ValueError(f"a chunk of the unknown type {kind}")


def _exactly_four(head: bytes) -> bytes:
    if len(head) < 4:  # noqa: PLR2004 - a type and a length
        raise EOFError("the content ends within the header of a chunk")
    return head


def _snappy_chunk(data: bytes, *, is_compressed: bool) -> bytes:
    (expected,) = struct.unpack_from("<I", data)
    content = _snappy_block(data[4:], MAX_SNAPPY_CHUNK) if is_compressed else data[4:]
    if masked_crc32c(content) != expected:
        raise ValueError("a checksum does not match")
    return content


def _java_blocks(source: BinaryIO) -> Iterator[bytes]:
    while head := source.read(4):
        if head == SNAPPY_JAVA[:4]:  # a stream begins, also after another
            _exactly(source, SNAPPY_JAVA_HEADER - 4)
            continue
        size = _length(head)
        if size > _largest(MAX_BLOCK):
            raise ValueError(f"a block of {size:,} bytes")
        yield _snappy_block(_exactly(source, size), MAX_BLOCK)
