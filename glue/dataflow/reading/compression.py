"""Compression: the files in an uploaded object, decompressed as streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from dataflow.reading import archives
from dataflow.reading.byte_streams import Budget, Source, buffered, guarded
from dataflow.reading.decompressors import DECOMPRESSORS
from dataflow.reading.layers import layer_of
from dataflow.reading.signatures import without_suffix
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an object: the object itself, or a member of a zip archive."""

    name: str  # in the archive; empty: the object itself
    stream: BinaryIO


def decompressed(stream: BinaryIO, key: str, compression: str, size: int) -> Iterator[Member]:
    """Yield the files in an object of *size* bytes.

    A file's stream is valid until the next file is asked for. Damaged content raises Unreadable,
    also while a stream is read. If a read of *stream* fails, its error is raised.
    """
    source = Source(stream, size)
    content = buffered(source)
    layer = layer_of(content, key, compression)
    if layer is None:
        yield Member("", content)
    elif layer == "zip":
        with archives.seekable(stream, content) as archive:
            yield from _members(archive, source)
    else:
        yield Member("", _decompressed(content, layer, key, source))


def _members(archive: BinaryIO, source: Source) -> Iterator[Member]:
    budget = Budget(source.size)
    for name, chunks in archives.members(archive):
        member = guarded(chunks, source, budget, f"the member {name} of the zip archive")
        yield Member(name, _inner(member, name, source))


def _decompressed(
    content: io.BufferedReader, layer: str, name: str, source: Source
) -> io.BufferedReader:
    chunks = DECOMPRESSORS[layer](content)
    outer = guarded(chunks, source, Budget(source.size), f"the {layer} content")
    return _inner(outer, without_suffix(name), source)


def _inner(content: io.BufferedReader, name: str, source: Source) -> io.BufferedReader:
    """Return a file that can be compressed once more, like a `.csv.gz` in a zip archive."""
    layer = layer_of(content, name, "Auto")
    if layer is None:
        return content
    if layer == "zip":
        raise Unreadable("a zip archive is in the archive or compressed file: upload it by itself")
    chunks = DECOMPRESSORS[layer](content)
    inner = guarded(chunks, source, Budget(source.size), f"the inner {layer} content")
    if layer_of(inner, "", "Auto"):
        raise Unreadable("the content is compressed more than twice: compress it once")
    return inner
