"""Fixed width: the records of an object whose fields have a number of characters each."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from dataflow.reading.csv_bytes import escaped_bytes, has_surrogates
from dataflow.reading.csv_text import whole_lines
from dataflow.reading.encodings import undecodable
from dataflow.reading.records import RAW_CHARACTERS, Batch, Reject
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.source_options import FixedWidthOptions

MAX_LINE = 1024 * 1024  # characters


def fixed_width_batches(blocks: Iterator[str], options: FixedWidthOptions) -> Iterator[Batch]:
    """Return the records of a fixed-width object: text without the spaces around it, or null.

    Each line is a record. A line without text is none. The first batch can have no records.
    """
    reader = _Reader(options)
    is_empty = True
    for lines in whole_lines(blocks, MAX_LINE):
        yield reader.batch([line for line in lines if line.strip()])
        is_empty = False
    if is_empty:
        yield reader.batch([])


class _Reader:
    """Makes batches of lines."""

    def __init__(self, options: FixedWidthOptions) -> None:
        if not options.fields:
            raise Unreadable("no fields are declared; set source.fixedWidth.fields")
        stops = list(accumulate(field.width for field in options.fields))
        self._fields = {
            field.name: (stop - field.width, stop)
            for field, stop in zip(options.fields, stops, strict=True)
        }
        self._width = stops[-1]
        self._count = 0

    def batch(self, lines: list[str]) -> Batch:
        rejects: list[Reject] = []
        numbers: list[int] = []
        rows: list[str] = []
        is_broken = any(map(has_surrogates, lines))
        for number, line in enumerate(lines, self._count + 1):
            reason = self._reason(line, number, is_broken=is_broken)
            if reason:
                rejects.append(Reject(number, reason, escaped_bytes(line[:RAW_CHARACTERS])))
            else:
                rows.append(line)
                numbers.append(number)
        self._count += len(lines)
        return Batch(
            self._columns(pa.array(rows, pa.string())),
            pa.array(numbers, pa.int64()),
            lambda at: rows[at][:RAW_CHARACTERS],
            rejects,
        )

    def _reason(self, line: str, number: int, *, is_broken: bool) -> str:
        if len(line) < self._width or line[self._width :].strip(" "):
            return f"record {number} has {len(line)} characters, the fields have {self._width}"
        if not is_broken or not has_surrogates(line):
            return ""
        return next(
            f"column {name}: {reason}"
            for name, (start, stop) in self._fields.items()
            if (reason := undecodable(line[start:stop]))
        )

    def _columns(self, lines: pa.Array) -> dict[str, pa.Array]:
        columns = {}
        for name, (start, stop) in self._fields.items():
            text = pc.utf8_trim(pc.utf8_slice_codeunits(lines, start, stop), " ")
            columns[name] = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
        return columns
