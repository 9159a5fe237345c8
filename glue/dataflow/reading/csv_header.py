"""CSV header: the names of the columns of an object, and the number of fields of its records."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from dataflow.reading import csv_hints
from dataflow.reading.csv_dialect import Dialect
from dataflow.reading.csv_open_quotes import OpenQuoteError
from dataflow.reading.csv_tokens import records
from dataflow.reading.encodings import undecodable
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflow.reading.csv_tokens import Record
    from dataflow.source_options import CsvOptions

MAX_HEADER = 1024 * 1024  # characters
SAMPLE = 100  # records from which the width and hints follow


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of an object's records, and where these begin in its text."""

    names: tuple[str, ...]
    header: tuple[str | None, ...] | None  # as a record has it, to find repetitions
    start: int
    expected: str  # the text with which messages name the width

    @property
    def width(self) -> int:
        """The number of fields of a record."""
        return len(self.names)


def layout_of(
    head: str, options: CsvOptions, columns: Sequence[str] | None, *, is_all: bool
) -> Layout:
    """Return the layout of an object from its first characters."""
    csv_hints.check_kind(head, options)
    if not options.header:
        return _without_header(head, options, columns or (), is_all=is_all)
    first = _header(head, options, is_all=is_all)
    sample = _sample(head, options, first.next, width=len(first.values), is_all=is_all)
    csv_hints.check_header(head, first, sample, options)
    names = _names(first)
    text = head[first.start : first.next]
    again = next(records(text, Dialect(options), len(names), is_last=True)).values
    has_names = any(name is not None for name in again)
    expected = f"the header has {len(names)}"
    return Layout(names, tuple(again) if has_names else None, first.next, expected)


def _header(head: str, options: CsvOptions, *, is_all: bool) -> Record:
    dialect = Dialect(replace(options, null_values=(), ignore_empty_lines=True))
    try:
        first = next(records(head, dialect, 0, is_last=is_all), None)
    except OpenQuoteError as error:
        csv_hints.check_delimiter(head, options)
        raise Unreadable(f"not CSV: the header: {error}") from None
    if first is None and not is_all:
        raise Unreadable(f"not CSV: the header is longer than {MAX_HEADER} characters")
    if first is None:
        raise Unreadable("the object is empty: it has no header")
    if first.error:
        csv_hints.check_delimiter(head[first.start :], options)
        raise Unreadable(f"not CSV: the header: {first.error}")
    return first


def _names(header: Record) -> tuple[str, ...]:
    """Return the names as uploaded; a column without one has that of its position."""
    names = [name or "" for name in header.values]
    text = ", ".join(names)
    reason = undecodable(text)
    if reason:
        raise Unreadable(f"not CSV in this encoding: the header: {reason}")
    if any(each < " " and each not in "\t\r\n" for each in text):
        raise Unreadable("not CSV: binary data")
    names = [name if name.strip() else f"col{position}" for position, name in enumerate(names)]
    duplicates = sorted(name for name, count in Counter(names).items() if count > 1)
    if duplicates:
        raise Unreadable(f"the header has duplicate columns: {', '.join(duplicates)[:500]}")
    return tuple(names)


def _sample(
    head: str, options: CsvOptions, start: int, *, width: int, is_all: bool
) -> list[Record]:
    """Return the first records, up to one whose end is not certain."""
    found: list[Record] = []
    # An open quote is reported where the record is read.
    with suppress(OpenQuoteError):
        found.extend(islice(records(head[start:], Dialect(options), width, is_last=is_all), SAMPLE))
    return found


def _without_header(
    head: str, options: CsvOptions, columns: Sequence[str], *, is_all: bool
) -> Layout:
    """Return the layout that most of the first records have, with at least the known columns."""
    widths = Counter(len(each.values) for each in _sample(head, options, 0, width=0, is_all=is_all))
    usual = widths.most_common(1)[0][0] if widths else 1
    if usual == 1 and len(columns) != 1:
        csv_hints.check_delimiter(head, options)
    names = (*columns, *(f"col{position}" for position in range(len(columns), usual)))
    if len(set(names)) < len(names):
        raise Unreadable("a declared column has the name of a position, like col3: rename it")
    is_known = len(names) == len(columns)
    expected = f"the table has {len(names)}" if is_known else f"most records have {usual}"
    return Layout(names, None, 0, expected)
