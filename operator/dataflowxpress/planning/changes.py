"""Changes: splits the change of a whole document into the changes of its parts. Pure.

AWS stores a policy, an event pattern or a text as one value. Users need to see the one added
action, not two whole documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .diff import Change, Path

NAMED_BY = ("Sid", "Id", "Name", "Key", "Path")  # keys that identify the items of a list


def flatten_changes(change: Change) -> Iterator[Change]:
    """Yield the differences within *change*; a value that is not a document stays whole."""
    yield from _between(change.old, change.new, change.path)


def _between(old: Any, new: Any, path: Path) -> Iterator[Change]:
    old, new = _parsed(old), _parsed(new)
    if old == new:
        return
    if _both(old, new, Mapping):
        for key in dict.fromkeys([*(old or ()), *(new or ())]):
            yield from _between((old or {}).get(key), (new or {}).get(key), (*path, key))
    elif _both(old, new, list) and not _is_whole(old, new):
        yield from _items(old or [], new or [], path)
    elif _both(old, new, str) and any("\n" in (text or "") for text in (old, new)):
        yield from _items((old or "").splitlines(), (new or "").splitlines(), path)
    else:
        yield Change(path, old, new)


def _is_whole(old: Any, new: Any) -> bool:
    """Return whether a plain list is added or removed as a whole: one line is enough."""
    items = old if new is None else new
    return (old is None or new is None) and not any(isinstance(item, Mapping) for item in items)


def _both(old: Any, new: Any, kind: type) -> bool:
    """Return whether both are of *kind*, or one is and the other is None; not if both are empty."""
    present = [value for value in (old, new) if value is not None]
    return all(isinstance(value, kind) for value in present) and any(present)


def _parsed(value: Any) -> Any:
    """Return the document in a text, or the value itself."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _items(old: Sequence[Any], new: Sequence[Any], path: Path) -> Iterator[Change]:
    """Compare lists by their items; a different order alone is one change."""
    removed = [item for item in old if item not in new]
    added = [item for item in new if item not in old]
    if not removed and not added:
        yield Change(path, old, new)
    for item in removed:
        other = next((each for each in added if _same(item, each)), None)
        if other is not None:
            added.remove(other)
        yield from _item(item, other, path, old)
    for item in added:
        yield from _item(None, item, path, new)


def _item(old: Any, new: Any, path: Path, items: Sequence[Any]) -> Iterator[Change]:
    item = new if old is None else old
    if isinstance(item, Mapping):
        yield from _between(old, new, (*path, _name(item) or items.index(item)))
    else:
        yield Change(path, old, new)


def _same(item: Any, other: Any) -> bool:
    """Return whether two items are versions of one item: by name, or by shared properties."""
    if not (isinstance(item, Mapping) and isinstance(other, Mapping)):
        return False
    if _name(item) or _name(other):
        return _name(item) == _name(other)
    shared = [key for key, value in item.items() if other.get(key) == value]
    return 2 * len(shared) > max(len(item), len(other))


def _name(item: Mapping[str, Any]) -> str:
    return next((str(item[key]) for key in NAMED_BY if item.get(key)), "")
