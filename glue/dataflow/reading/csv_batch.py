"""CSV batches: records of a text as a batch, and which of them are rejected or spoil the object."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataflow.reading.csv_bytes import escaped_bytes, has_surrogates
from dataflow.reading.csv_dialect import LINE_END, Dialect
from dataflow.reading.csv_open_quotes import OpenQuoteError, swallows_records
from dataflow.reading.csv_tokens import Record, records
from dataflow.reading.csv_vectors import Vectors, vectors
from dataflow.reading.encodings import undecodable
from dataflow.reading.records import RAW_CHARACTERS, Batch, Reject
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataflow.reading.csv_header import Layout
    from dataflow.source_options import CsvOptions

SLICE = 128 * 1024  # characters that are read carefully before the fast path is tried again
MAX_RECORD = 16 * 1024 * 1024  # characters
REPEATED = "repeats the header"


class BatchMaker:
    """Makes batches from the text of an object, piece by piece."""

    def __init__(self, layout: Layout, options: CsvOptions) -> None:
        self._layout, self._options = layout, options
        self._dialect = Dialect(options)
        self._count = 0  # records before the batch
        header = layout.header or ()
        self._key = next((at for at, name in enumerate(header) if name is not None), None)

    def batches(self, text: str, pieces: Iterator[str]) -> Iterator[Batch]:
        """Return the batches of a text and the pieces after it; at least one."""
        is_first = True
        for piece in chain(pieces, [None]):
            for batch, rest in self._batches(text, is_last=piece is None):
                text = rest
                if batch:
                    yield batch
                    is_first = False
            if len(text) > MAX_RECORD:
                raise Unreadable(
                    f"record {self._count + 1}: longer than {MAX_RECORD} characters;"
                    " a quote may not be closed"
                )
            text += piece or ""
        if is_first:
            yield self._from_rows([], [], "", [])

    def _batches(self, text: str, *, is_last: bool) -> Iterator[tuple[Batch | None, str]]:
        """Return the records that end in the text, and each time the text after them."""
        found = self._vectors(text, is_last=is_last)
        if found:
            yield self._from_vectors(found), found.rest
            return
        size = len(text) + 1
        while len(text) < size:
            size, after = len(text), text[SLICE:]
            found = self._vectors(text[:SLICE], is_last=False) if after else None
            if found:
                yield self._from_vectors(found), (text := found.rest + after)
            else:
                batch, text = self._carefully(text, is_last=is_last)
                yield batch, text

    def _vectors(self, text: str, *, is_last: bool) -> Vectors | None:
        return vectors(text, self._options, self._layout.width, is_last=is_last)

    def _from_vectors(self, found: Vectors) -> Batch:
        for at in found.suspects:
            width = found.invalid.get(at, self._layout.width)
            self._check_multi_line(self._count + at + 1, width, found.raw(at))
        is_kept = ~np.isin(found.positions, found.broken)
        repeated = self._repeated(found.columns)
        is_kept[repeated] = False
        rejects = {}
        for at in sorted({*found.invalid, *found.broken, *found.positions[repeated].tolist()}):
            [record] = records(found.raw(at), self._dialect, self._layout.width, is_last=True)
            rejects[at] = self._reject(record, found.raw(at), self._count + at + 1)
        positions, columns = found.positions, found.columns
        if not is_kept.all():
            positions = positions[is_kept]
            columns = [column.filter(pa.array(is_kept)) for column in columns]
        batch = Batch(
            dict(zip(self._layout.names, columns, strict=True)),
            pa.array(positions + (self._count + 1), pa.int64()),
            lambda at: found.raw(positions[at])[:RAW_CHARACTERS],
            [reject for reject in rejects.values() if reject],
        )
        self._count += len(found.starts)
        return batch

    def _repeated(self, columns: Sequence[pa.Array]) -> list[int]:
        """Return the positions of rows that are the header again."""
        if self._key is None or self._layout.header is None:
            return []
        header = self._layout.header
        equal = pc.equal(columns[self._key], pa.scalar(header[self._key], pa.string()))
        candidates = pc.indices_nonzero(equal).to_pylist()
        return [
            at
            for at in candidates
            if all(c[at].as_py() == name for c, name in zip(columns, header, strict=True))
        ]

    def _carefully(self, text: str, *, is_last: bool) -> tuple[Batch | None, str]:
        """Return the first records, and the text after them."""
        rows: list[Record] = []
        numbers: list[int] = []
        rejects: list[Reject] = []
        position = 0
        try:
            for record in records(text, self._dialect, self._layout.width, is_last=is_last):
                position, raw = record.next, text[record.start : record.end]
                self._count += 1
                reject = self._reject(record, raw, self._count)
                if reject:
                    rejects.append(reject)
                else:
                    rows.append(record)
                    numbers.append(self._count)
                if position > SLICE:
                    break
        except OpenQuoteError as error:
            raise Unreadable(f"record {self._count + 1}: {error}") from None
        if not rows and not rejects:
            return None, text[position:]
        return self._from_rows(rows, numbers, text[:position], rejects), text[position:]

    def _from_rows(
        self, rows: list[Record], numbers: list[int], text: str, rejects: list[Reject]
    ) -> Batch:
        spans = [(each.start, each.end) for each in rows]
        values = zip(*(each.values for each in rows), strict=True) if rows else ()
        arrays = [pa.array(each, pa.string()) for each in values] or [
            pa.array([], pa.string()) for _ in self._layout.names
        ]
        return Batch(
            dict(zip(self._layout.names, arrays, strict=True)),
            pa.array(numbers, pa.int64()),
            lambda at: text[spans[at][0] : spans[at][1]][:RAW_CHARACTERS],
            rejects,
        )

    def _reject(self, record: Record, raw: str, number: int) -> Reject | None:
        """Return why a record is no row; raise Unreadable if rows may be lost in it."""
        width = len(record.values)
        if not record.error and record.is_multi_line:
            self._check_multi_line(number, width, raw)
        column, reason = None, record.error
        if not reason and width != self._layout.width:
            fields = f"{width} field{'s' if width > 1 else ''}"
            hint = self._dialect.escape_hint(raw)
            reason = f"record {number} has {fields}, {self._layout.expected}{hint}"
        if not reason and has_surrogates(raw):
            column, reason = self._undecodable(record)
        if not reason and tuple(record.values) == self._layout.header:
            reason = REPEATED
        return (
            Reject(number, reason, escaped_bytes(raw[:RAW_CHARACTERS]), column) if reason else None
        )

    def _undecodable(self, record: Record) -> tuple[str, str]:
        name, reason = next(
            (name, reason)
            for name, value in zip(self._layout.names, record.values, strict=True)
            if (reason := undecodable(value or ""))
        )
        return name, f"column {name}: {reason}"

    def _check_multi_line(self, number: int, width: int, raw: str) -> None:
        """Raise Unreadable if a record that spans lines has probably swallowed others."""
        lines, hint = len(LINE_END.findall(raw)) + 1, self._dialect.escape_hint(raw)
        if width != self._layout.width:
            raise Unreadable(
                f"record {number} spans {lines} lines and has {width} fields,"
                f" {self._layout.expected}; a quote may not be closed{hint}"
            )
        if swallows_records(raw, width, self._dialect):
            raise Unreadable(
                f"record {number} spans {lines} lines that look like records;"
                f" a quote may not be closed{hint}"
            )
