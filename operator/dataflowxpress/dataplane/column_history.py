"""Column history: when the job widened a column, and which value needed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from dataflowxpress.api.errors import Refused

from .bounded import size_of
from .manifest_log import LOG_BYTES
from .manifest_pages import pages


class TypeChange(NamedTuple):
    """A wider type of a column, with a value that needed it."""

    old: str
    new: str
    object: str
    value: str
    run: str
    time: str


History = Mapping[tuple[str, str], list[TypeChange]]


def column_history(s3: Any, bucket: str) -> History:
    """Return the changes of each table and column, oldest first, from all manifests."""
    found: dict[tuple[str, str], list[TypeChange]] = defaultdict(list)
    size = 0
    for page in pages(s3, bucket, every=True):
        with page.stored.parsing():
            for each in page.head.get("type_changes", ()):
                change = _change(each, page.run, str(page.head["finished"]))
                found[str(each["table"]), str(each["column"])].append(change)
                size += size_of([change])
        if size > LOG_BYTES:
            raise Refused(f"the manifests up to {page.stored} have too many changes of types")
    return found


def _change(record: Mapping[str, Any], run: str, time: str) -> TypeChange:
    old, new, key, value = (str(record[name]) for name in ("old", "new", "object", "value"))
    return TypeChange(old, new, key, value, run, time)
