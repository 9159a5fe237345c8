"""Compressors: content in every format that the job decompresses, as other programs write it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial

import pyarrow as pa

from dataflow.reading.crc32c import masked_crc32c

BLOCK = 256 * 1024  # Hadoop's default


def arrow(content: bytes, codec: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(content)
    return bytes(sink.getvalue().to_pybytes())


def blocks(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def hadoop(content: bytes, codec: str, block: int = BLOCK, chunk: int = BLOCK) -> bytes:
    """Return blocks of Hadoop's BlockCompressorStream, each in chunks."""
    parts = []
    for each in blocks(content, block):
        parts.append(struct.pack(">I", len(each)))
        for piece in blocks(each, chunk):
            packed = raw(piece, codec)
            parts += [struct.pack(">I", len(packed)), packed]
    return b"".join(parts) or bytes(4)


def raw(content: bytes, codec: str) -> bytes:
    return bytes(pa.Codec(codec).compress(content, asbytes=True))


def framed_snappy(content: bytes) -> bytes:
    parts = [b"\xff\x06\x00\x00sNaPpY"]
    for each in blocks(content, 65_536) or [b""]:
        packed = raw(each, "snappy")
        kind, body = (b"\x00", packed) if len(packed) < len(each) else (b"\x01", each)
        checked = struct.pack("<I", masked_crc32c(each)) + body
        parts += [kind, len(checked).to_bytes(3, "little"), checked]
    return b"".join(parts)


def java_snappy(content: bytes) -> bytes:
    parts = [b"\x82SNAPPY\x00" + struct.pack(">II", 1, 1)]
    for each in blocks(content, 32_768):
        packed = raw(each, "snappy")
        parts += [struct.pack(">I", len(packed)), packed]
    return b"".join(parts)


def zipped(content: bytes, name: str = "data.csv", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    return archive({name: content}, method)


def archive(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return target.getvalue()


Compress = Callable[[bytes], bytes]

# By a name of the format: the suffix, the setting and the compressor.
SIGNED: dict[str, tuple[str, str, Compress]] = {
    "gzip": (".gz", "gzip", gzip.compress),
    "bzip2": (".bz2", "bzip2", bz2.compress),
    "xz": (".xz", "xz", lzma.compress),
    "zstd": (".zst", "zstd", partial(arrow, codec="zstd")),
    "lz4": (".lz4", "lz4", partial(arrow, codec="lz4")),
    "snappy": (".snappy", "snappy", framed_snappy),
    "snappy-java": (".snappy", "snappy", java_snappy),
}
UNSIGNED: dict[str, tuple[str, str, Compress]] = {
    "deflate": (".deflate", "deflate", zlib.compress),
    "Hadoop lz4": (".lz4", "lz4", partial(hadoop, codec="lz4_raw")),
    "Hadoop lz4 in chunks": (".lz4", "lz4", partial(hadoop, codec="lz4_raw", block=900, chunk=100)),
    "Hadoop snappy": (".snappy", "snappy", partial(hadoop, codec="snappy")),
    "Hadoop snappy in chunks": (
        ".snappy",
        "snappy",
        partial(hadoop, codec="snappy", block=900, chunk=100),
    ),
    "raw snappy": (".snappy", "snappy", partial(raw, codec="snappy")),
}
ZIPS: dict[str, tuple[str, str, Compress]] = {
    f"zip {method}": (".zip", "zip", partial(zipped, method=method))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
}
FORMATS = SIGNED | UNSIGNED | ZIPS
