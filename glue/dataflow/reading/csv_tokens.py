"""CSV tokens: the careful tokenizer, which knows where each record ends and what is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataflow.reading.csv_dialect import LINE_END, line_end
from dataflow.reading.csv_open_quotes import (
    IncompleteError,
    OpenQuoteError,
    closes,
    may_continue,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataflow.reading.csv_dialect import Dialect

SET_TRIM = "; if spaces can surround a quoted value in this file, set source.csv.trimValues"


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a text: its values, and what is wrong with it."""

    values: Sequence[str | None]
    start: int
    end: int  # before the line end
    next: int  # after the line end
    error: str = ""
    is_multi_line: bool = False


@dataclass(frozen=True, slots=True)
class _Field:
    value: str | None
    end: int
    error: str = ""
    is_multi_line: bool = False
    is_quoted: bool = False


def records(text: str, dialect: Dialect, width: int, *, is_last: bool) -> Iterator[Record]:
    """Return the records that end in a text, which begins with one.

    Without *is_last*, the text can continue. Raise OpenQuoteError where no record end is certain.
    """
    position = 0
    while position < len(text):
        while text.startswith("\ufeff", position):  # of a file that was appended to another
            position += 1
        end, following = line_end(text, position, is_last=is_last)
        if following is None or position == len(text):
            return
        line = text[position:end]
        if dialect.is_no_record(line, width):
            position = following
            continue
        values = _values(line, dialect)
        if values:
            record = Record(values, position, end, following)
        else:
            try:
                record = _with_quotes(text, position, dialect, is_last=is_last)
            except IncompleteError:
                return
        yield record
        position = record.next


def _values(line: str, dialect: Dialect) -> list[str | None] | None:
    """Return the values of a line that is a record for certain."""
    quote = dialect.quote
    if not quote or quote not in line or not dialect.opening.search(line):
        if quote and quote in line and dialect.closing.search(line):
            return None
        return [dialect.unquoted(value) for value in line.split(dialect.delimiter)]
    values: list[str | None] = []
    position = 0
    for found in dialect.fields.finditer(line):
        before, content, after, plain, end = found.groups()
        is_certain = quote not in plain if content is None else dialect.trims or not before + after
        if found.start() != position or not is_certain:
            return None
        values.append(dialect.unquoted(plain) if content is None else dialect.unescaped(content))
        if not end:
            return values
        position = found.end()
    return None


def _with_quotes(text: str, start: int, dialect: Dialect, *, is_last: bool) -> Record:
    """Return the record at a position, which has a quoted field."""
    fields: list[_Field] = []
    position = start
    while True:
        field = _field(text, position, start, dialect, is_last=is_last)
        fields.append(field)
        if not text.startswith(dialect.delimiter, field.end):
            break
        position = field.end + len(dialect.delimiter)
    end, following = line_end(text, field.end, is_last=is_last)
    if following is None:
        raise IncompleteError
    raw = text[start:end]
    error = next((each.error for each in fields if each.error), _stray(fields, raw, dialect))
    is_multi_line = any(each.is_multi_line for each in fields)
    if error:
        error += dialect.escape_hint(raw)
    if error and is_multi_line:
        raise OpenQuoteError(f"an earlier quote may not be closed: {error}")
    is_certain = not error or closes(raw, dialect)
    if not is_certain and may_continue(text, following, dialect, is_last=is_last):
        raise OpenQuoteError(f"the value may continue on the next line: {error}")
    return Record([each.value for each in fields], start, end, following, error, is_multi_line)


def _field(text: str, position: int, start: int, dialect: Dialect, *, is_last: bool) -> _Field:
    found = dialect.quoted.match(text, position)
    if not found:
        if not dialect.opens(text, position):
            end = _end(text, position, dialect, is_last=is_last)
            return _Field(dialect.unquoted(text[position:end]), end)
        if not is_last:
            raise IncompleteError
        raise OpenQuoteError(f"a quote is not closed{dialect.escape_hint(text[start:])}")
    if found.end() == len(text) and not is_last:
        raise IncompleteError
    before, content, after = found.groups()
    end, error = found.end(), ""
    if not dialect.limits(text, end):
        end = _end(text, end, dialect, is_last=is_last)
        error = f"text after a closing quote: {text[found.end() : end][:50]!r}"
    elif (before or after) and not dialect.trims:
        error = f"spaces around a quoted value{SET_TRIM}"
    return _Field(
        dialect.unescaped(content), end, error, LINE_END.search(content) is not None, is_quoted=True
    )


def _stray(fields: Sequence[_Field], raw: str, dialect: Dialect) -> str:
    """Return an error if a quote in an unquoted field is probably one that closes a field.

    This is so beside a value that spans lines, in a record with escaped quotes, or at the end of a
    value if a text ends there or all other fields are quoted.
    """
    quote = dialect.quote
    values = [each.value or "" for each in fields if not each.is_quoted]
    stray = [value for value in values if quote in value]
    is_suspicious = dialect.escape_hint(raw) and len(values) < len(fields)
    if not is_suspicious and not any(each.is_multi_line for each in fields):
        is_alone = len(values) == 1 and len(fields) > 1
        odd = [each for each in stray if each.endswith(quote) and each.count(quote) % 2]
        stray = [each for each in odd if is_alone or dialect.closing.search(each)]
    return f"a quote closes a field but none opens it: {stray[0][-50:]!r}" if stray else ""


def _end(text: str, position: int, dialect: Dialect, *, is_last: bool) -> int:
    """Return where an unquoted text ends: before a delimiter or the line end."""
    end, following = line_end(text, position, is_last=is_last)
    if following is None:
        raise IncompleteError
    stop = text.find(dialect.delimiter, position, end)
    return end if stop < 0 else stop
