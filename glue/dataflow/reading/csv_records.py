"""CSV records: the records of a CSV object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dataflow.reading import csv_hints
from dataflow.reading.csv_batch import BatchMaker
from dataflow.reading.csv_header import MAX_HEADER, layout_of
from dataflow.reading.csv_text import first_characters, lines_of_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataflow.reading.records import Batch
    from dataflow.source_options import CsvOptions


def csv_batches(
    blocks: Iterator[str], options: CsvOptions, columns: Sequence[str] | None
) -> Iterator[Batch]:
    """Return the records of a CSV object, with text in all columns; null where a field is empty.

    *columns* are the names by position of an object without a header. The first batch can have no
    records: it then shows the columns of an object that has only a header.
    """
    text = lines_of_data(blocks, options)
    head, is_all = first_characters(text, MAX_HEADER)
    separator = csv_hints.separator(head)
    if separator:
        delimiter, length = separator
        options, head = replace(options, delimiter=delimiter), head[length:]
    sample, is_all = head[:MAX_HEADER], is_all and len(head) <= MAX_HEADER
    layout = layout_of(sample, options, columns, is_all=is_all)
    maker = BatchMaker(layout, options)
    yield from maker.batches(head[layout.start :], text)
