"""Rejects view: rejected rows for people and for programs; no character of them is a command."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections import Counter
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING

from rich.text import Text

from dataflowxpress.reporting.text import pluralize, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dataflowxpress.dataplane.rejects import Reject, RejectedObject

RAW = 500  # characters of a raw text for people
DELETE = ("\x7f", r"\u007f")  # JSON escapes all other characters that a terminal can interpret
FIELDS = ("table", "object", "record", "column", "reason", "raw", "run")


class Format(StrEnum):
    """The format of rejected rows."""

    text = "text"
    json = "json"
    yaml = "yaml"
    csv = "csv"


def for_people(rows: Iterable[Reject], found: Sequence[RejectedObject]) -> Iterator[Text]:
    """Yield a line for each object, with its rows below it."""
    objects = {each.key: each for each in found}
    for key, of_object in itertools.groupby(rows, attrgetter("object")):
        yield _head(objects[key])
        for row in of_object:
            yield from _lines(row)


def totals(found: Sequence[RejectedObject], shown: int) -> Iterator[Text]:
    """Yield the number of rows and objects, and whether more than *shown* rows exist."""
    refused = sum(each.refused for each in found)
    rejected = sum(each.rejected for each in found)
    more = rejected + refused > shown
    hint = f"; the first {shown} are shown, --limit shows more" if more else ""
    yield Text(
        f"{pluralize(rejected, 'row')} rejected, {pluralize(refused, 'object')} refused{hint}"
    )
    counts = Counter(each.table for each in found if each.rejected)
    if len(counts) > 1:
        tables = ", ".join(f"{visible(table)} {count}" for table, count in sorted(counts.items()))
        yield Text(f"Objects with rejected rows by table: {tables}", style="dim")


def for_programs(rows: Iterable[Reject], output: Format) -> Iterator[str]:
    """Yield the parts of one document in JSON, YAML or CSV."""
    yield from {Format.json: _json, Format.yaml: _yaml, Format.csv: _csv}[output](rows)


def _head(found: RejectedObject) -> Text:
    if found.refused:
        return Text.assemble((visible(found.key), "bold"), ": refused")
    of = f"{found.rejected} of {pluralize(found.read, 'row')} rejected"
    return Text.assemble((visible(found.key), "bold"), f" (table {visible(found.table)}): {of}")


def _lines(row: Reject) -> Iterator[Text]:
    named = {"record": row.record, "column": row.column}
    where = [f"{noun} {name}" for noun, name in named.items() if name is not None]
    unsaid = [each for each in where if not row.reason.startswith((f"{each}:", f"{each} "))]
    prefix = f"{', '.join(unsaid)}: " if unsaid else ""
    yield Text(f"  {visible(prefix + row.reason)}")
    if row.raw:
        more = " …" if len(row.raw) > RAW else ""
        yield Text(f"    {visible(row.raw[:RAW])}{more}", style="dim")


def _json(rows: Iterable[Reject]) -> Iterator[str]:
    before = "["
    for row in rows:
        encoded = json.dumps(row._asdict()).replace(*DELETE)
        yield f"{before}\n  {encoded}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _yaml(rows: Iterable[Reject]) -> Iterator[str]:
    import yaml

    is_empty = True
    for row in rows:
        is_empty = False
        yield yaml.safe_dump([row._asdict()], sort_keys=False, width=10_000)
    if is_empty:
        yield "[]\n"


def _csv(rows: Iterable[Reject]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in itertools.chain([FIELDS], rows):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
