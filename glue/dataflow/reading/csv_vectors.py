"""CSV vectors: the fast path, for text whose quotes enclose whole fields."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from dataflow.reading.csv_encoded import encoded
from dataflow.reading.csv_lines import (
    LF,
    LINE_ENDS,
    Marks,
    find_lines,
    records_at,
    with_delimiters,
    without_blanks,
)

if TYPE_CHECKING:
    from typing import Any

    from dataflow.reading.csv_encoded import Encoded
    from dataflow.reading.csv_lines import Lines
    from dataflow.source_options import CsvOptions

ASCII, ENDS_OF_TEXT = 0x80, f"{ascii_letters}.!?"  # before a closing quote


@dataclass(frozen=True, slots=True)
class Vectors:
    """Successive records of a text as columns."""

    columns: list[pa.Array]
    positions: Any  # of the columns' rows among the records
    invalid: dict[int, int]  # records of another width: position and number of fields
    broken: list[int]  # positions of records with bytes that could not be decoded
    suspects: list[int]  # positions of records that span lines, and may have swallowed others
    starts: Any  # in the bytes
    ends: Any
    size: int  # of all records in bytes
    text: Encoded

    @property
    def rest(self) -> str:
        """The text after the records."""
        return self.text.text(self.size, None)

    def raw(self, position: int) -> str:
        """Return the text of a record."""
        return self.text.text(self.starts[position], self.ends[position])


def vectors(text: str, options: CsvOptions, width: int, *, is_last: bool) -> Vectors | None:
    """Return the records that end in the text; None if the careful path must read them."""
    form = encoded(text, options)
    if form is None:
        return None
    array = np.frombuffer(form.data, dtype=np.uint8)
    marks = _marks(form, options)
    lines = find_lines(array, _quotes(array, form, options), marks, is_last=is_last)
    if lines is None or not lines.size or not _is_escaped_inside(array, lines, form):
        return None
    starts, ends = lines.starts, lines.ends
    is_filled = ends > starts
    if options.ignore_empty_lines:
        starts, ends = starts[is_filled], ends[is_filled]
    elif width > 1 and not is_filled.all():  # pyarrow takes an empty line for a record of nulls
        return None
    if not len(starts):
        return None
    likely = with_delimiters(array[: lines.size], lines.inner, ord(form.delimiter), width - 1)
    broken = form.broken(array[: lines.size])
    data = _readable(
        array[: lines.size], broken, without_blanks(array[: lines.size], lines.quotes, marks)
    )
    columns, invalid = _read(data, options, form.delimiter, width, has_quotes=len(lines.quotes) > 0)
    if len(columns[0]) + len(invalid) != len(starts) or _has_blank(form, starts, ends, invalid):
        return None
    return Vectors(
        [_restored(column, form) for column in columns],
        np.delete(np.arange(len(starts)), list(invalid)),
        invalid,
        records_at(starts, broken),
        _suspects(starts, lines.inner, likely, invalid),
        starts,
        ends,
        lines.size,
        form,
    )


def _quotes(array: Any, form: Encoded, options: CsvOptions) -> Any:
    has_quotes = bool(options.quote) and options.quote.encode() in form.data
    return np.flatnonzero(array == ord(options.quote)) if has_quotes else np.arange(0)


def _marks(form: Encoded, options: CsvOptions) -> Marks:
    limits, blanks = np.zeros(256, dtype=bool), np.zeros(256, dtype=bool)
    limits[[*LINE_ENDS, ord(form.delimiter)]] = True
    blanks[[ord(blank) for blank in {" ", "\t"} - set(options.delimiter)]] = True
    closing = np.zeros(256, dtype=bool)
    if options.quote == '"':
        closing[[byte for byte in range(256) if byte >= ASCII or chr(byte) in ENDS_OF_TEXT]] = True
    return Marks(limits, blanks, closing, options.trim_values)


def _is_escaped_inside(array: Any, lines: Lines, form: Encoded) -> bool:
    """Return whether all substitutes of escaped characters are inside of quotes."""
    escapes = [
        ord(each) for each in form.substitutes if form.values[each] != form.substitutes[each]
    ]
    if not escapes:
        return True
    found = np.flatnonzero(np.isin(array[: lines.size], escapes))
    return bool((np.searchsorted(lines.quotes, found) % 2 == 1).all())


def _suspects(starts: Any, inner: Any, likely: Any, invalid: dict[int, int]) -> list[int]:
    """Return records that span lines, if these may be records, or if the width is wrong."""
    spanning = set(records_at(starts, inner))
    return sorted(spanning & {*records_at(starts, likely), *invalid})


def _readable(array: Any, broken: Any, kept: Any | None) -> bytes:
    """Return bytes that pyarrow can read: in UTF-8, and with a line end.

    Without the line end, pyarrow takes an empty field after a quoted one for quoted.
    """
    if len(broken):
        array = array.copy()
        for offset in range(3):  # the bytes of a surrogate
            array[broken + offset] = ord("?")
    data: bytes = (array if kept is None else array[kept]).tobytes()
    return data if array[-1] in LINE_ENDS else data + bytes([LF])


def _read(
    data: bytes, options: CsvOptions, delimiter: str, width: int, *, has_quotes: bool
) -> tuple[list[pa.Array], dict[int, int]]:
    """Return the columns, and the records of another width."""
    invalid: dict[int, int] = {}

    def skip(row: csv.InvalidRow) -> str:
        invalid[row.number - 1] = row.actual_columns
        return "skip"

    names = [str(position) for position in range(width)]
    table = csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(
            use_threads=False, column_names=names, block_size=len(data) + 1
        ),
        parse_options=csv.ParseOptions(
            delimiter=delimiter,
            quote_char=options.quote if has_quotes else False,
            newlines_in_values=has_quotes,
            ignore_empty_lines=options.ignore_empty_lines,
            invalid_row_handler=skip,
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=["", *options.null_values],
            check_utf8=False,
        ),
    )
    return [column.combine_chunks() for column in table.columns], invalid


def _has_blank(form: Encoded, starts: Any, ends: Any, invalid: dict[int, int]) -> bool:
    """Return whether a record of another width is a line of spaces, which may be no record."""
    return any(not form.data[starts[at] : ends[at]].strip(b" \t") for at in invalid)


def _restored(column: pa.Array, form: Encoded) -> pa.Array:
    for substitute, value in form.values.items():
        column = pc.replace_substring(column, substitute, value)
    return column
