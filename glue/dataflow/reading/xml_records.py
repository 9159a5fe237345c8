"""XML: one record for each element with the row's tag; elements become JSON values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO
from xml.parsers import expat

import pyarrow as pa

from dataflow.reading.field_columns import Rows, batches
from dataflow.reading.garbage import no_collections
from dataflow.reading.records import RAW_CHARACTERS
from dataflow.reading.xml_elements import Elements
from dataflow.reading.xml_encodings import utf8_pieces
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.reading.records import Batch, JsonValue
    from dataflow.reading.xml_elements import Row
    from dataflow.source_options import XmlOptions

TOKEN_BYTES = 64 * 2**20  # of one tag, comment or the like at most

_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")


def xml_batches(stream: BinaryIO, options: XmlOptions) -> Iterator[Batch]:
    """Yield the records of an XML object; raises Unreadable for text that is not XML.

    A column is an array of strings, or a list of JSON values if it has nested elements.
    """
    if not options.row_tag:
        raise Unreadable("source.xml.rowTag is not set: set it to the name of a record's element")
    for batch in batches(_rows(stream, options.row_tag)):
        columns = {name: _as_strings(column) for name, column in batch.columns.items()}
        yield replace(batch, columns=columns)


def _as_strings(column: pa.Array | list[JsonValue]) -> pa.Array | list[JsonValue]:
    if set(map(type, column)) <= {str, type(None)}:
        return pa.array(column, pa.string())
    return column


def _rows(stream: BinaryIO, tag: str) -> Iterator[Rows]:
    elements = Elements(tag)
    window, before = b"", 0  # bytes from the first row that was not yielded, and those before
    for piece in utf8_pieces(stream):
        window += piece
        _parse(elements.parser, piece)
        if before + len(window) - elements.parser.CurrentByteIndex > TOKEN_BYTES:
            raise Unreadable(f"XML with a tag or comment of more than {TOKEN_BYTES:,} bytes")
        yield _taken(elements.rows, window, before)
        elements.rows.clear()
        done = elements.pending() - before
        window, before = window[done:], before + done
    _parse(elements.parser, b"", last=True)
    if not elements.found and len(elements.others) > 1:
        names = ", ".join(map(repr, elements.others))
        raise Unreadable(f"XML without an element {tag!r} of source.xml.rowTag; it has {names}")


def _taken(rows: list[Row], window: bytes, before: int) -> Rows:
    return Rows(
        [row.value for row in rows],
        [_raw(row, window, before) for row in rows],
        [row.reason for row in rows],
    )


def _raw(row: Row, window: bytes, before: int) -> str:
    start, end = row.start - before, row.end - before
    opening, closing = _TAG.match(window, start), _TAG.match(window, end)
    if closing and opening and opening.end() != end:  # expat's end of `<row/>` is behind the tag
        end = closing.end()
    raw = window[start : min(end, start + 4 * RAW_CHARACTERS)]
    return raw.decode(errors="ignore")[:RAW_CHARACTERS]


def _parse(parser: expat.XMLParserType, piece: bytes, *, last: bool = False) -> None:
    try:
        with no_collections():
            parser.Parse(piece, last)
    except expat.ExpatError as error:
        where = f"line {error.lineno}, column {error.offset + 1}"
        raise Unreadable(f"not XML: {expat.ErrorString(error.code)} at {where}") from None
