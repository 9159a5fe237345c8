"""Leaves: a change of a whole document, told as the changes of its smallest parts. Pure.

AWS keeps policies, event patterns and texts as one value each. People want to see the one action
that was added, not two pages that differ in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .diff import Change, Path

NAMED_BY = ("Sid", "Id", "Name", "Key", "Path")  # what tells the items of a list apart


def flatten_changes(change: Change) -> Iterator[Change]:
    """Yield what differs within *change*; a value that is no document is yielded as it is."""
    yield from _between(change.old, change.new, change.path)


def _between(old: Any, new: Any, path: Path) -> Iterator[Change]:
    old, new = _opened(old), _opened(new)
    if old == new:
        return
    if _both(old, new, Mapping):
        for key in dict.fromkeys([*(old or ()), *(new or ())]):
            yield from _between((old or {}).get(key), (new or {}).get(key), (*path, key))
    elif _both(old, new, list) and not _is_new(old, new):
        yield from _items(old or [], new or [], path)
    elif _both(old, new, str) and any("\n" in (text or "") for text in (old, new)):
        yield from _items((old or "").splitlines(), (new or "").splitlines(), path)
    else:
        yield Change(path, old, new)


def _is_new(old: Any, new: Any) -> bool:
    """Whether a plain list comes or goes as a whole: then one line is enough."""
    one = old if new is None else new
    return (old is None or new is None) and not any(isinstance(item, Mapping) for item in one)


def _both(old: Any, new: Any, kind: type) -> bool:
    """Whether both are of a kind, or one of them is and the other is not there; never empty."""
    there = [value for value in (old, new) if value is not None]
    return all(isinstance(value, kind) for value in there) and any(there)


def _opened(value: Any) -> Any:
    """Return the document that a text holds, or the value itself."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _items(old: Sequence[Any], new: Sequence[Any], path: Path) -> Iterator[Change]:
    """Compare lists by what is in them; where only the order differs, that is what changed."""
    gone = [item for item in old if item not in new]
    come = [item for item in new if item not in old]
    if not gone and not come:
        yield Change(path, old, new)
    for item in gone:
        other = next((each for each in come if _same(item, each)), None)
        if other is not None:
            come.remove(other)
        yield from _item(item, other, path, old)
    for item in come:
        yield from _item(None, item, path, new)


def _item(old: Any, new: Any, path: Path, among: Sequence[Any]) -> Iterator[Change]:
    item = new if old is None else old
    if isinstance(item, Mapping):
        yield from _between(old, new, (*path, _name(item) or among.index(item)))
    else:
        yield Change(path, old, new)


def _same(item: Any, other: Any) -> bool:
    """Whether two items are the same one before and after: by name, or by what they share."""
    if not (isinstance(item, Mapping) and isinstance(other, Mapping)):
        return False
    if _name(item) or _name(other):
        return _name(item) == _name(other)
    shared = [key for key, value in item.items() if other.get(key) == value]
    return 2 * len(shared) > max(len(item), len(other))


def _name(item: Mapping[str, Any]) -> str:
    return next((str(item[key]) for key in NAMED_BY if item.get(key)), "")
