"""JSON: one record for each object, in lines or in documents that span lines."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from dataflow.reading.field_columns import Rows, batches
from dataflow.reading.garbage import no_collections
from dataflow.reading.json_documents import Text, documents
from dataflow.reading.json_lines import LONG, Lines
from dataflow.reading.json_values import WHITESPACE, Broken, Decoder, Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dataflow.reading.records import Batch
    from dataflow.source_options import JsonOptions

RECORDS = 16_384  # of documents, in a batch
CHARACTERS = 4 * 2**20  # ... of which they have about as many at most


def json_batches(blocks: Iterator[str], options: JsonOptions) -> Iterator[Batch]:
    """Yield the records of a JSON object; columns are lists of JSON values.

    Text is lines unless `multiLine` is set, the first value is an array, or it spans lines.
    A fault costs a record in lines, and the whole object in documents (raises Unreadable).
    """
    path = [name for name in options.record_path.split(".") if name]
    beginning = _beginning(blocks)
    blocks = chain([beginning], blocks)
    if options.multi_line or _has_documents(beginning, path):
        found = _of_documents(blocks, path)
    else:
        found = Lines(path).found(blocks)
    return batches(Rows(each.values, each.raws, each.reasons) for each in found)


def _beginning(blocks: Iterator[str]) -> str:
    """Return the first blocks, up to the end of the second line."""
    text = ""
    for block in blocks:
        text += block
        if len(text) >= LONG or text.lstrip(WHITESPACE).count("\n") > 1:
            break
    return text


def _has_documents(beginning: str, path: Sequence[str]) -> bool:
    """Return whether values span lines, as the first one shows."""
    text = beginning.lstrip(WHITESPACE)
    line, newline, others = text.partition("\n")
    if text.startswith("["):
        return True
    if not newline:
        return bool(path) and len(line) >= LONG
    try:
        decoded, _ = Decoder().decode(text, 0)
    except Broken:
        return line.rstrip(WHITESPACE)[-1] in "{[,:" and not _is_value(
            others.lstrip(WHITESPACE).partition("\n")[0].rstrip(WHITESPACE)
        )
    return "\n" in decoded.raw


def _is_value(line: str) -> bool:
    try:
        decoded, end = Decoder().decode(line, 0)
    except Broken:
        return False
    return isinstance(decoded.value, dict) and end == len(line)


def _of_documents(blocks: Iterable[str], path: Sequence[str]) -> Iterator[Found]:
    records = documents(Text(blocks), path)
    while True:
        some, characters = [], 0
        with no_collections():
            for each in islice(records, RECORDS):
                some.append(each)
                characters += len(each.raw)
                if characters > CHARACTERS:
                    break
        if not some:
            return
        yield Found.of(some)
