"""Layers: whether a file is compressed, and which decompressor reads it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from dataflow.reading.block_formats import looks_like_hadoop, raw_snappy_content
from dataflow.reading.byte_streams import CHUNK
from dataflow.reading.encodings import MARKS
from dataflow.reading.signatures import (
    BINARY,
    HEAD,
    SIGNATURES,
    by_signature,
    by_suffix,
    is_plain,
    refuse_foreign,
    refuse_unread,
)
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    import io


def layer_of(content: io.BufferedReader, name: str, compression: str) -> str | None:
    """Return the decompressor of a file, or None if the file is not compressed.

    With `Auto`, the first bytes decide. A suffix decides only for formats without a signature.
    """
    head = content.peek(HEAD)
    signed = by_signature(head)
    if compression not in {"Auto", "None"}:
        return _declared(head, signed, compression)
    if signed and compression == "None":
        raise Unreadable(f"the content is {signed}, but source.compression is None: set Auto")
    if head.startswith(BINARY):
        return None
    refuse_foreign(head)
    if signed or compression == "None":
        return signed
    refuse_unread(head, name)
    claimed = by_suffix(name)
    if claimed:
        return _claimed(head, claimed)
    return "deflate" if _is_zlib(head) and not is_plain(head) else None


def _declared(head: bytes, signed: str | None, compression: str) -> str:
    layer = signed if _base(signed) == compression else _unsigned(head, compression)
    if not layer:
        what = f"is {signed}, not" if signed else "is not"
        raise Unreadable(
            f"the content {what} {compression}: correct source.compression, or set Auto"
        )
    return layer


def _claimed(head: bytes, claimed: str) -> str | None:
    """Return the decompressor of content that has no signature, though its name claims one."""
    if head.startswith(tuple(MARKS)) and is_plain(head):
        return None
    layer = _unsigned(head, claimed)
    if layer:
        return layer
    if _is_cut(head, claimed):
        raise Unreadable(f"the {claimed} content is cut off: upload the complete file again")
    if is_plain(head):
        return None
    raise Unreadable(
        f"the name says {claimed}, but the content is neither {claimed} nor plain text in UTF-8:"
        " upload it again, or set source.compression: None if it is text in another encoding"
    )


def _unsigned(head: bytes, compression: str) -> str | None:
    """Return the decompressor, if the content can have a format without a signature."""
    if compression == "deflate":
        return "deflate" if _is_zlib(head) else None
    if compression in {"lz4", "snappy"} and looks_like_hadoop(head):
        return f"Hadoop {compression}"
    if compression == "snappy" and _is_raw_snappy(head):
        return "raw snappy"
    return None


def _is_raw_snappy(head: bytes) -> bool:
    if len(head) < CHUNK:  # the whole content
        return raw_snappy_content(head) is not None
    return not is_plain(head)


def _base(layer: str | None) -> str | None:
    return "snappy" if layer == "snappy-java" else layer


def _is_cut(head: bytes, compression: str) -> bool:
    """Return whether content ends within the signature of a compression."""
    if compression == "deflate":
        return b"x".startswith(head)
    magics = [magic for magic, name in SIGNATURES.items() if name == compression]
    return any(magic.startswith(head) for magic in magics)


def _is_zlib(head: bytes) -> bool:
    """Return whether content begins as zlib's format does: a header of two bytes, then deflate."""
    if len(head) < 2 or head[0] != 0x78 or int.from_bytes(head[:2]) % 31:  # noqa: PLR2004
        return False
    try:
        zlib.decompressobj().decompress(head, HEAD)
    except zlib.error:
        return False
    return True
