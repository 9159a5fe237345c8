"""CSV open quotes: where a record ends whose quotes are wrong, and which records it has swallowed.

RFC 4180 cannot tell a quote that is not closed from a value that spans lines. The next quote closes
it, perhaps many records later. These rules find the cases in which rows would be lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dataflow.reading.csv_dialect import LINE_END

if TYPE_CHECKING:
    from dataflow.reading.csv_dialect import Dialect

LOOKAHEAD = 64 * 1024  # characters in which the next quote decides whether a quote is open
PAIR = 2
DIGITS, LETTERS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")


class OpenQuoteError(Exception):
    """A quote after which the end of the record is not certain."""


class IncompleteError(Exception):
    """The record may continue after the text."""


def closes(line: str, dialect: Dialect) -> bool:
    """Return whether a record with an error ends with its line in another reading of its quotes."""
    readings = (dialect.quoted_leniently, dialect.quoted_with_backslashes)
    return any(_closes(line, reading, dialect) for reading in readings)


def may_continue(text: str, position: int, dialect: Dialect, *, is_last: bool) -> bool:
    """Return whether a quote may be open at a position; not if the next one opens a field."""
    if len(text) - position < LOOKAHEAD and not is_last:
        raise IncompleteError
    ahead = text[position : position + LOOKAHEAD]
    quote = ahead.find(dialect.quote)
    return quote >= 0 and not _is_opening(ahead, quote, dialect)


def _closes(line: str, reading: re.Pattern[str], dialect: Dialect) -> bool:
    """Return whether all quoted fields of a line close in it, in a reading of quotes."""
    position = 0
    while True:
        if dialect.opens(line, position):
            found = reading.match(line, position)
            if not found or not dialect.limits(line, found.end()):
                return False
            position = found.end()
        stop = line.find(dialect.delimiter, position)
        if stop < 0:
            return True
        position = stop + len(dialect.delimiter)


def _is_opening(text: str, position: int, dialect: Dialect) -> bool:
    before = text[:position].rstrip(dialect.blanks)
    begins = not before or before.endswith(("\n", "\r", dialect.delimiter))
    return begins and not dialect.limits(text, position + 1)


def swallows_records(raw: str, width: int, dialect: Dialect) -> bool:
    """Return whether half of a record's further lines look like records by themselves.

    A line does if it has as many fields as the header, none of which begins with a space as after
    a comma in prose, and if its first field has the shape of the record's first field. In tables of
    two columns, the shape must have a digit, because one comma in a line means little.
    """
    first, *others = LINE_END.split(raw)
    shape = _shape(first.split(dialect.delimiter)[0])
    if width == 1 or (width == PAIR and "9" not in shape):
        return False
    alike = sum(_is_record(line, width, dialect, shape) for line in others)
    return alike * 2 >= len(others) > 0


def _is_record(line: str, width: int, dialect: Dialect, shape: str) -> bool:
    """Return whether a line looks like a record, be its quotes those of fields or not."""
    if line.count(dialect.delimiter) < width - 1:
        return False
    readings = (line, dialect.quoted.sub("", line) if dialect.quote in line else line)
    splits = [reading.split(dialect.delimiter) for reading in readings]
    return (
        any(
            len(fields) == width and not any(field.startswith(" ") for field in fields)
            for fields in splits
        )
        and _shape(splits[0][0]) == shape
    )


def _shape(text: str) -> str:
    return LETTERS.sub("a", DIGITS.sub("9", text.strip("\"' ")))
