"""CSV classifier: custom settings, or Glue's built-in detection.

The built-in one needs two columns and two rows. Both read at most 1,000 records:
https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html,
https://repost.aws/knowledge-center/glue-crawler-multiple-tables
"""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import types
from .schema import Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .sample import Sample

_DELIMITERS = (",", "|", "\t", ";", "\x01")  # the ones that Glue detects
_LONGEST_NAME = 150
_SAMPLE = 1000  # records

csv.field_size_limit(1 << 30)  # for the whole process; a sample is far smaller


@dataclass(frozen=True)
class CsvClassifier:
    """The settings for CSV; the defaults are those of the built-in classifier.

    Without a delimiter, it is detected. `header` is PRESENT, ABSENT or UNKNOWN, like in Glue's API.
    """

    delimiter: str | None = None
    quote: str = '"'
    header: str = "UNKNOWN"
    names: Sequence[str] = ()
    single_column: bool = False
    trim: bool = True
    serde: str = "LazySimpleSerDe"
    least_rows: int = 2

    @classmethod
    def of(cls, classifier: dict[str, Any]) -> CsvClassifier:
        """Return the classifier for a definition of Glue's API."""
        quoted = bool(classifier.get("QuoteSymbol"))
        serde = classifier.get("Serde") or "None"
        return cls(
            delimiter=classifier.get("Delimiter") or ",",
            quote=classifier.get("QuoteSymbol") or '"',
            header=classifier.get("ContainsHeader") or "UNKNOWN",
            names=classifier.get("Header") or (),
            single_column=bool(classifier.get("AllowSingleColumn")),
            trim=not classifier.get("DisableValueTrimming"),
            serde=("OpenCSVSerDe" if quoted else "LazySimpleSerDe") if serde == "None" else serde,
            least_rows=1,
        )

    def classify(self, sample: Sample) -> Schema | None:
        """Return the schema of a sample, or None if it is not CSV with these settings."""
        if sample.is_binary:
            return None
        text = sample.text
        delimiter = self.delimiter or _detect_delimiter(text, self.quote)
        rows = self._rows(text, delimiter, whole=sample.whole) if delimiter else []
        if len(rows) < self.least_rows or (len(rows[0]) == 1 and not self.single_column):
            return None
        headed = self._has_header(rows)
        names = self._names(rows, headed=headed)
        columns = _types(names, rows[1:] if headed else rows)
        settings = {
            "delimiter": str(delimiter),
            "quote": self.quote,
            "header": "true" if headed else "false",
            "serde": self.serde,
        }
        return Schema("csv", columns, settings)

    def _rows(self, text: str, delimiter: str, *, whole: bool) -> list[list[str]]:
        lines = io.StringIO(text, newline="")
        found = csv.reader(lines, delimiter=delimiter, quotechar=self.quote)
        rows = list(itertools.islice((row for row in found if row), _SAMPLE))
        if not whole and 1 < len(rows) < _SAMPLE:
            rows.pop()  # the sample can end within this row
        return [[cell.strip() for cell in row] for row in rows] if self.trim else rows

    def _has_header(self, rows: list[list[str]]) -> bool:
        if self.header != "UNKNOWN":
            return self.header == "PRESENT"
        first, others = rows[0], rows[1:]
        named = all(types.of_text(cell) == "string" for cell in first if cell)
        # Only the last column can be empty: the rows can have a trailing delimiter.
        short = all(0 < len(cell) < _LONGEST_NAME for cell in first[:-1])
        # Glue detects a header only if another row has different types.
        differs = any(types.of_text(cell) not in ("string", "") for row in others for cell in row)
        return named and short and differs

    def _names(self, rows: list[list[str]], *, headed: bool) -> list[str]:
        given = self.names or (rows[0] if headed else ())
        width = len(given) if headed or self.names else max(map(len, rows))
        names: dict[str, None] = {}
        for number in range(width):
            name = given[number].strip().lower() if number < len(given) else ""
            names[_unused(name or f"col{number}", names)] = None
        return list(names)


def _detect_delimiter(text: str, quote: str) -> str | None:
    """Return the delimiter that splits the first rows into the same number of parts, at least 2."""
    best, most = None, 1
    for delimiter in _DELIMITERS:
        reader = csv.reader(
            io.StringIO(text[:65536], newline=""), delimiter=delimiter, quotechar=quote
        )
        widths = {len(row) for row, _ in zip(reader, range(10), strict=False) if row}
        if len(widths) == 1 and max(widths) > most:
            best, most = delimiter, max(widths)
    return best


def _unused(name: str, taken: dict[str, None]) -> str:
    number, unused = 1, name
    while unused in taken:
        number, unused = number + 1, f"{name}_{number}"
    return unused


def _types(names: list[str], rows: list[list[str]]) -> dict[str, str]:
    columns = dict.fromkeys(names, types.UNKNOWN)
    for row in rows:
        for name, cell in zip(names, row, strict=False):
            if columns[name] != "string":
                columns[name] = types.merge(columns[name], types.of_text(cell.strip()))
    return columns
