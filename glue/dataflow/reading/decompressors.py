"""Decompressors: streams of chunks, by the kind of compression."""

from __future__ import annotations

import bz2
import lzma
import zlib
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol

import pyarrow as pa

from dataflow.reading import block_formats
from dataflow.reading.byte_streams import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

INPUT = 64 << 10  # bytes; what follows a stream is copied, and a stream can have few bytes
XZ_MEMORY = 256 << 20  # bytes; `xz -9` needs 65 MiB to decompress


class _Decompressor(Protocol):
    """The interface of `bz2.BZ2Decompressor`."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Zlib:
    """A decompressor of zlib with that interface, which Python has from version 3.12 on."""

    def __init__(self, wbits: int) -> None:
        self._zlib = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


def _streams(new: Callable[[], _Decompressor], source: BinaryIO) -> Iterator[bytes]:
    """Yield the content of successive streams, like the members of a gzip file."""
    data = source.read(INPUT)
    while data:
        stream = new()
        yield from _one_stream(stream, data, source)
        data = _next_stream(stream.unused_data, source)


def _one_stream(stream: _Decompressor, data: bytes, source: BinaryIO) -> Iterator[bytes]:
    while True:
        content = stream.decompress(data, CHUNK)
        if content:
            yield content
        if stream.eof:
            return
        data = source.read(INPUT) if stream.needs_input else b""
        if not data and not content:
            raise EOFError("the content ends before its end marker")


def _next_stream(data: bytes, source: BinaryIO) -> bytes:
    """Return what follows a stream, without the zeros that pad xz and, on some systems, gzip."""
    data = data.lstrip(b"\0")
    while not data and (more := source.read(INPUT)):
        data = more.lstrip(b"\0")
    return data


def _arrow(codec: str, source: BinaryIO) -> Iterator[bytes]:
    with pa.CompressedInputStream(pa.PythonFile(source, mode="r"), codec) as stream:
        while content := stream.read(CHUNK):
            yield content


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


DECOMPRESSORS: Mapping[str, Callable[[BinaryIO], Iterator[bytes]]] = {
    "gzip": partial(_streams, partial(_Zlib, 16 + zlib.MAX_WBITS)),
    "deflate": partial(_streams, partial(_Zlib, zlib.MAX_WBITS)),
    "bzip2": partial(_streams, bz2.BZ2Decompressor),
    "xz": partial(_streams, _xz),
    "zstd": partial(_arrow, "zstd"),
    "lz4": partial(_arrow, "lz4"),
    "Hadoop lz4": block_formats.hadoop_lz4,
    "snappy": block_formats.framed_snappy,
    "Hadoop snappy": block_formats.hadoop_snappy,
    "snappy-java": block_formats.java_snappy,
    "raw snappy": block_formats.raw_snappy,
}
