"""CSV hints: signs that an object is no CSV, or that an option of its format is missing."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from dataflow.reading.csv_dialect import LINE_END
from dataflow.skip_reasons import Deferred, Unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflow.reading.csv_tokens import Record
    from dataflow.source_options import CsvOptions

SEPARATOR = re.compile(r'"?sep=([^\r\n"])"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
PAGE = re.compile(r"<(?:!doctype\s|html[\s>])", re.IGNORECASE)
DOCUMENT = re.compile(r"<\?xml\s|<!--", re.IGNORECASE)
ELEMENT = re.compile(r"<[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>")
LETTER = re.compile(r"[^\W\d_]")
JSON = re.compile(r'\{\s*["}]|\[\s*(?:[{\["\]]|-?\d)')
PROSE = re.compile(r"#+ |\S+ +\S+ .*[.:!?]$")
# Delimiters, and how YAML spells them; a longer one stands before a part of it.
OTHERS = {
    **{each: f"'{each}'" for each in ("||", "::", ",", ";", "|", "^", "~")},
    **{each: f'"\\x{ord(each):02x}"' for each in "\x01\x1f"},
    "\t": r'"\t"',
}
LINES, MAX_SAMPLE = 100, 1024 * 1024  # from which delimiters follow
PAIR = 2


def separator(head: str) -> tuple[str, int] | None:
    """Return the delimiter that a first line `sep=;` sets, and the length of that line."""
    found = SEPARATOR.match(head)
    return (found[1], found.end()) if found else None


def check_kind(head: str, options: CsvOptions) -> None:
    """Raise Unreadable if the text is plainly of another kind."""
    start = head[:1000].lstrip()
    if "\0" in head and "\0" not in options.delimiter:
        raise Unreadable("not CSV: binary data")
    if PAGE.match(start):
        raise Unreadable("not CSV: an HTML page, perhaps an error message of a server")
    if DOCUMENT.match(start):
        raise Unreadable("not CSV: an XML document; set source.format: xml to read XML")
    if JSON.match(start):
        raise Unreadable("not CSV: JSON; set source.format: json to read JSON")
    if start.startswith("%PDF-"):
        raise Unreadable("not CSV: a PDF document")


def check_header(head: str, first: Record, sample: Sequence[Record], options: CsvOptions) -> None:
    """Raise Unreadable or Deferred if the header is plainly none under these options."""
    line = head[first.start : first.end].strip()
    if len(first.values) == 1:
        if ELEMENT.match(line):
            raise Unreadable("not CSV: an XML or HTML document")
        check_delimiter(head[first.start :], options)
    titled = _first_after_title(first, sample)
    if titled:
        lines = len(LINE_END.findall(head[: first.next + titled.start])) + options.skip_lines
        hint = f"set source.csv.skipLines: {lines}"
        if not options.comment and line.startswith("#"):
            hint = f"set source.csv.comment: '#', or {hint}"
        widths = f"it has {_names(first)} of {len(titled.values)} names"
        raise Deferred(f"the line {line[:100]!r} is no header: {widths}; {hint}")
    if len(first.values) == 1 and PROSE.match(line):
        raise Unreadable(f"not CSV: the first line is a text: {line[:100]!r}")


def check_delimiter(text: str, options: CsvOptions) -> None:
    """Raise Deferred if another delimiter splits the first lines alike."""
    lines = [line for line in LINE_END.split(text[:MAX_SAMPLE])[:LINES] if line.strip()]
    lines = [line for line in lines if not options.comment or not line.startswith(options.comment)]
    for other, setting in OTHERS.items():
        count = lines[0].count(other) if lines and other not in options.delimiter else 0
        alike = sum(line.count(other) == count for line in lines)
        if count and alike * 5 >= len(lines) * 4:
            raise Deferred(
                f"the line {lines[0][:100]!r} is one column, but {setting} splits the lines;"
                f" set source.csv.delimiter: {setting}"
            )


def _first_after_title(first: Record, sample: Sequence[Record]) -> Record | None:
    """Return the record that is the header, if the first line is a title above it.

    A title has one field, perhaps with empty ones after it as spreadsheets write them, or it has
    two fields less than nearly all records. With one field less, a delimiter at the end of each
    record is more probable.
    """
    width, widths = len(first.values), Counter(len(each.values) for each in sample)
    usual, count = max(widths.items(), key=lambda each: each[1], default=(0, 0))
    if width == 1:
        is_title = usual > 1 and count * 2 > len(sample)
    elif usual == width > PAIR:
        is_title = _names(first) == 1
    else:
        is_title = usual > width + 1 and count > 1 and count * 10 > len(sample) * 9
    alike = (each for each in sample if len(each.values) == usual and any(each.values))
    header = next(alike, None) if is_title else None
    if header is None or usual > width or all(map(LETTER.search, map(str, header.values))):
        return header
    return None


def _names(record: Record) -> int:
    return sum(bool(value) for value in record.values)
