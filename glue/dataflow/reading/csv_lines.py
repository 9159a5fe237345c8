"""CSV lines: where the records of a text are, from the positions of its line ends and quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from typing import Any

LF, CR = LINE_ENDS = (10, 13)
MAX_BLANKS = 16  # before a quote


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the records of a text are in its bytes."""

    starts: Any  # arrays of int64
    ends: Any  # before the line ends
    size: int  # the bytes of all records with their line ends
    inner: Any  # line ends inside of quotes
    quotes: Any  # that open or close fields


@dataclass(frozen=True, slots=True)
class Marks:
    """Bytes with a meaning outside of quotes."""

    limits: Any  # for each byte, if a field can begin after it and end before it
    blanks: Any  # for each byte, if it is white space and no delimiter
    closing: Any  # for each byte, if a text can end with it before a closing quote
    trims: bool  # blanks around a field are no part of it


def find_lines(array: Any, quotes: Any, marks: Marks, *, is_last: bool) -> Lines | None:
    """Return the records that end in the bytes; None if quotes do not only enclose whole fields."""
    lines = _lines(array, quotes, is_last=is_last)
    kept = without_blanks(array[: lines.size], lines.quotes, marks)
    if kept is None:
        is_certain = _enclose_fields(array[: lines.size], lines.quotes, marks.limits)
    else:
        moved = np.cumsum(kept)[lines.quotes] - 1
        is_certain = _enclose_fields(array[: lines.size][kept], moved, marks.limits)
    if is_certain:
        return lines
    fields = None if marks.trims else _of_fields(array, quotes, marks)
    if fields is None:
        return None
    lines = _lines(array, fields, is_last=is_last)
    is_certain = _enclose_fields(array[: lines.size], lines.quotes, marks.limits)
    return lines if is_certain else None


def without_blanks(array: Any, quotes: Any, marks: Marks) -> Any | None:
    """Return for each byte if it is no blank around a field; None if none is to go."""
    if not marks.trims:
        return None
    blanks = np.flatnonzero(marks.blanks[array])
    blanks = blanks[np.searchsorted(quotes, blanks) % 2 == 0]
    if not len(blanks):
        return None
    is_first = np.diff(blanks, prepend=-2) > 1  # of successive blanks
    run = np.cumsum(is_first) - 1
    firsts, lasts = blanks[is_first], blanks[np.append(is_first[1:], True)]
    around = np.concatenate([[LF], array, [LF]])  # a position has the byte before it
    is_outer = marks.limits[around[firsts]] | marks.limits[around[lasts + 2]]
    kept = np.ones(len(array), dtype=bool)
    kept[blanks[is_outer[run]]] = False
    return kept


def _lines(array: Any, quotes: Any, *, is_last: bool) -> Lines:
    """Return the records, if line ends outside of quotes separate them."""
    breaks = np.flatnonzero((array == LF) | (array == CR))
    is_pair = np.zeros(len(breaks), dtype=bool)  # \n after \r
    is_pair[1:] = (array[breaks[1:]] == LF) & (array[breaks[:-1]] == CR) & (np.diff(breaks) == 1)
    is_outer = np.searchsorted(quotes, breaks) % 2 == 0
    ends = breaks[is_outer & ~is_pair]
    following = ends + 1
    following[np.searchsorted(ends, breaks[is_outer & is_pair] - 1)] += 1
    if not is_last and len(following) and following[-1] == len(array) and array[-1] == CR:
        ends, following = ends[:-1], following[:-1]  # a \n may follow
    if is_last and (not len(following) or following[-1] < len(array)):
        ends, following = np.append(ends, len(array)), np.append(following, len(array))
    starts = np.append([0], following[:-1]) if len(following) else ends
    size = int(following[-1]) if len(following) else 0
    inner = breaks[~is_outer & (breaks < size)]
    return Lines(starts, ends, size, inner, quotes[: np.searchsorted(quotes, size)])


def _enclose_fields(array: Any, quotes: Any, limits: Any) -> bool:
    """Return whether each quote opens or closes a whole field, or is doubled in one."""
    if len(quotes) % 2:
        return False
    around = np.concatenate([[LF], array, [LF]])  # a position has the byte before it
    opening, closing = quotes[::2], quotes[1::2]
    is_doubled = closing[:-1] + 1 == opening[1:]
    opens, closes = limits[around[opening]], limits[around[closing + 2]]
    opens[1:] |= is_doubled
    closes[:-1] |= is_doubled
    return bool(opens.all() and closes.all())


def _of_fields(array: Any, quotes: Any, marks: Marks) -> Any | None:
    """Return the quotes without those of lines in which none begins a field.

    This needs that all quotes that are opened in a line are closed in it.
    """
    if not len(quotes):
        return None
    before = quotes - 1
    for _ in range(MAX_BLANKS):
        is_blank = (before >= 0) & marks.blanks[array[before]]
        if not is_blank.any():
            break
        before = before - is_blank
    else:
        return None
    opens = (before < 0) | marks.limits[array[before]]
    breaks = np.flatnonzero((array == LF) | (array == CR))
    line = np.searchsorted(breaks, quotes)
    has_opening = np.zeros(len(breaks) + 1, dtype=bool)
    has_opening[line[opens]] = True
    kept = has_opening[line]
    if _closes_alone(array, quotes[~kept], marks):
        return None
    quotes, line = quotes[kept], line[kept]
    # The last line may lack its end; its quotes count where it is read as a whole.
    counts = np.bincount(line, minlength=len(breaks) + 1)[:-1]
    return None if (counts % 2).any() else quotes


def _closes_alone(array: Any, quotes: Any, marks: Marks) -> bool:
    """Return whether a quote ends a field in which the number of quotes is odd."""
    if not len(quotes):
        return False
    around = np.concatenate([[LF], array, [LF]])  # a position has the byte before it
    is_closing = marks.closing[around[quotes]] & marks.limits[around[quotes + 2]]
    field = np.searchsorted(np.flatnonzero(marks.limits[array]), quotes)
    return bool((is_closing & (np.bincount(field)[field] % 2 == 1)).any())


def records_at(starts: Any, positions: Any) -> list[int]:
    """Return the records in which bytes are."""
    found: list[int] = np.unique(np.searchsorted(starts, positions, side="right") - 1).tolist()
    return found


def with_delimiters(array: Any, inner: Any, delimiter: int, least: int) -> Any:
    """Return the line ends after which a line has at least so many delimiters."""
    if not len(inner):
        return inner
    breaks = np.append(np.flatnonzero((array == LF) | (array == CR)), len(array))
    delimiters = np.flatnonzero(array == delimiter)
    following = breaks[np.searchsorted(breaks, inner) + 1]
    counts = np.searchsorted(delimiters, following) - np.searchsorted(delimiters, inner)
    return inner[counts >= least]
