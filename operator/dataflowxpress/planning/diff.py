"""Diff: what must change for *have* to satisfy *want*."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """One property that is not as it should be."""

    path: Path
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {_show(self.old)} -> {_show(self.new)}"


class Exclusive(dict[str, Any]):
    """A mapping that is ours to its last key, and so is all that is in it."""


class Sensitive(Exclusive):
    """A mapping in which people keep secrets: what somebody else has put there is never shown."""


HIDDEN = "(hidden)"


def diff(want: Any, have: Any, path: Path = (), *, whole: bool = False) -> Iterator[Change]:
    """Yield what must change.

    Keys absent from *want* are AWS's or somebody else's to choose, but not in a `Whole`: there they
    have to go. Lists count as a whole in their order: where AWS keeps none, `Resource.read` sorts.
    A list within a `Whole` is one change: its items may be told apart by more than position.
    """
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        whole = whole or isinstance(want, Exclusive)
        if isinstance(want, Sensitive):
            have = {key: value if key in want else HIDDEN for key, value in have.items()}
        for key in dict.fromkeys([*want, *(have if whole else ())]):
            yield from diff(want.get(key), have.get(key), (*path, key), whole=whole)
    elif not whole and isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        for i, (w, h) in enumerate(zip(want, have, strict=True)):
            yield from diff(w, h, (*path, i), whole=whole)
    elif want != have:
        yield Change(path, have, want)


def _show(value: Any) -> str:
    return "(none)" if value is None else json.dumps(value, default=str, sort_keys=True)
