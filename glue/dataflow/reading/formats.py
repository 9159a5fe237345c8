"""Formats: from the bytes of an object to batches of records, as the source options say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

import pyarrow.compute as pc

from dataflow.reading.avro_records import avro_batches
from dataflow.reading.columnar import orc_batches, parquet_batches
from dataflow.reading.compression import decompressed
from dataflow.reading.csv_records import csv_batches
from dataflow.reading.encodings import decoded
from dataflow.reading.fixed_width import fixed_width_batches
from dataflow.reading.json_records import json_batches
from dataflow.reading.source_file import spooled
from dataflow.reading.xml_records import xml_batches

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Sequence

    from dataflow.reading.records import Batch
    from dataflow.source_options import SourceOptions

ZIP = b"PK\x03\x04"


def batches(
    stream: io.BufferedReader, key: str, size: int, source: SourceOptions, columns: Sequence[str]
) -> Iterator[Batch]:
    """Yield the records of an object of *size* bytes; *columns* are those of the table, in order.

    Raises SkipReason if the object cannot be read; the records up to there do not count.
    """
    if stream.peek(len(ZIP)).startswith(ZIP):  # the index of an archive is at its end
        with spooled(stream) as path, path.open("rb") as file:
            yield from _members(file, key, size, source, columns)
    else:
        yield from _members(stream, key, size, source, columns)


def _members(
    stream: BinaryIO, key: str, size: int, source: SourceOptions, columns: Sequence[str]
) -> Iterator[Batch]:
    last = 0  # the number of the last record
    for member in decompressed(stream, key, source.compression, size):
        offset = last
        for batch in _records(member.stream, source, columns):
            shifted = _shifted(batch, offset) if offset else batch
            newest = pc.max(shifted.numbers).as_py() or 0
            last = max([last, newest, *(reject.record for reject in shifted.rejects)])
            yield shifted


def _records(stream: BinaryIO, source: SourceOptions, columns: Sequence[str]) -> Iterator[Batch]:
    match source.format:
        case "parquet" | "orc":
            read = parquet_batches if source.format == "parquet" else orc_batches
            with spooled(stream) as path:
                yield from read(path)
        case "avro":
            yield from avro_batches(stream)
        case "xml":
            yield from xml_batches(stream, source.xml)
        case _:
            yield from _text_records(decoded(stream, source.encoding), source, columns)


def _text_records(
    blocks: Iterator[str], source: SourceOptions, columns: Sequence[str]
) -> Iterator[Batch]:
    match source.format:
        case "json":
            return json_batches(blocks, source.json)
        case "fixedWidth":
            return fixed_width_batches(blocks, source.fixed_width)
        case "csv":
            return csv_batches(blocks, source.csv, None if source.csv.header else columns)
    raise ValueError(f"source.format: {source.format!r} is unknown")


def _shifted(batch: Batch, offset: int) -> Batch:
    """Return a batch of a later file of an archive, whose records continue to count."""
    rejects = [replace(each, record=each.record + offset) for each in batch.rejects]
    return replace(batch, numbers=pc.add(batch.numbers, offset), rejects=rejects)
