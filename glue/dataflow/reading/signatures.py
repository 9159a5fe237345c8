"""Signatures: the format of content by its first bytes, and by the suffix of its name."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath
from typing import NamedTuple

from dataflow.reading.encodings import MARKS
from dataflow.skip_reasons import Unreadable

HEAD = 4096  # bytes that are enough to know the format

SUFFIXES = {
    ".gz": "gzip",
    ".gzip": "gzip",
    ".bz2": "bzip2",
    ".bzip2": "bzip2",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".lz4": "lz4",
    ".snappy": "snappy",
    ".sz": "snappy",
    ".xz": "xz",
    ".zip": "zip",
    ".deflate": "deflate",
    ".zlib": "deflate",
    ".zz": "deflate",
}
UNREAD = {".br": "brotli", ".lz": "lzip", ".lzma": "lzma", ".lzo": "lzop", ".z": "compress"}

ZIP = b"PK\x03\x04"
SIGNATURES = {
    b"\x1f\x8b\x08": "gzip",
    b"(\xb5/\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ\x00": "xz",
    ZIP: "zip",
    b"PK\x05\x06": "zip",  # without a member
    b"PK\x07\x08PK": "zip",  # in volumes
    b"\xff\x06\x00\x00sNaPpY": "snappy",
    b"\x82SNAPPY\x00": "snappy-java",
    **{b"BZh%d1AY&SY" % level: "bzip2" for level in range(1, 10)},
    **{b"BZh%d\x17rE8P\x90" % level: "bzip2" for level in range(1, 10)},  # of no content
}
SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # a frame that Zstandard and LZ4 skip

BINARY = (b"PAR1", b"ORC", b"Obj\x01")  # Parquet, ORC, Avro: formats that are read as they are


class Foreign(NamedTuple):
    """A format that is not read."""

    offset: int
    signature: bytes
    name: str
    fix: str


_PACK = "upload its files one by one, compressed with gzip or zstd"
_CODEC = "compress it with gzip or zstd"
FOREIGN = (
    Foreign(257, b"ustar\x00", "a tar archive", _PACK),
    Foreign(257, b"ustar  \x00", "a tar archive", _PACK),
    Foreign(0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _PACK),
    Foreign(0, b"Rar!\x1a\x07", "a RAR archive", _PACK),
    Foreign(0, b"MSCF\x00\x00\x00\x00", "a cabinet archive", _PACK),
    Foreign(0, b"\x1f\x9d", "compressed with compress", _CODEC),
    Foreign(0, b"\x1f\xa0", "compressed with compress", _CODEC),
    Foreign(0, b"LZIP\x01", "compressed with lzip", _CODEC),
    Foreign(0, b"\x89LZO\x00\r\n\x1a\n", "compressed with lzop", _CODEC),
    Foreign(0, b"]\x00\x00", "compressed with lzma", _CODEC),
    Foreign(0, b"\x02\x21\x4c\x18", "compressed with the legacy format of lz4", _CODEC),
    Foreign(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of Office", "save it as CSV"),
    Foreign(0, b"%PDF-1.", "a PDF document", "upload the data as CSV"),
)


def by_suffix(name: str) -> str | None:
    """Return the compression that a name claims."""
    return SUFFIXES.get(PurePosixPath(name).suffix.lower())


def without_suffix(name: str) -> str:
    """Return a name without the suffix of its compression."""
    return str(PurePosixPath(name).with_suffix("")) if by_suffix(name) else name


def by_signature(head: bytes) -> str | None:
    """Return the compression that the first bytes show."""
    while SKIPPABLE.match(head):
        head = head[8 + int.from_bytes(head[4:8], "little") :]
    return next((name for magic, name in SIGNATURES.items() if head.startswith(magic)), None)


def refuse_foreign(head: bytes) -> None:
    """Raise Unreadable if the first bytes show a format that is not read."""
    for offset, signature, name, fix in FOREIGN:
        if head.startswith(signature, offset):
            raise Unreadable(f"the content is {name}: {fix}")


def refuse_unread(head: bytes, name: str) -> None:
    """Raise Unreadable if the name claims a compression that is not read."""
    other = UNREAD.get(PurePosixPath(name).suffix.lower())
    if other and not is_plain(head):
        raise Unreadable(f"the name says {other}, which is not read: {_CODEC}")


def is_plain(head: bytes) -> bool:
    """Return whether content is certainly not compressed: text, or a binary format of data.

    Text has a byte order mark or is UTF-8, and has no control characters but white space.
    """
    if head.startswith(BINARY):
        return True
    mark, encoding = next(
        ((mark, name) for mark, name in MARKS.items() if head.startswith(mark)), (b"", "utf-8")
    )
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head[len(mark) : HEAD])
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text)
