"""Diff: compares desired with observed properties. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Change:
    """One property with its observed and its desired value."""

    path: Path
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {_show(self.old)} -> {_show(self.new)}"


class Exclusive(dict[str, Any]):
    """A mapping whose keys are all managed, including those of nested mappings."""


class Sensitive(Exclusive):
    """An exclusive mapping that can contain secrets: values of unmanaged keys stay hidden."""


HIDDEN = "(hidden)"


def diff(want: Any, have: Any, path: Path = (), *, exclusive: bool = False) -> Iterator[Change]:
    """Yield the changes after which *have* satisfies *want*.

    Keys absent from *want* are unmanaged, except in an `Exclusive`, which removes them. The order
    of a list matters: if AWS keeps no order, `Resource.read` sorts. A list within an `Exclusive`
    is one change, because its position alone may not identify an item.
    """
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        exclusive = exclusive or isinstance(want, Exclusive)
        if isinstance(want, Sensitive):
            have = {key: value if key in want else HIDDEN for key, value in have.items()}
        for key in dict.fromkeys([*want, *(have if exclusive else ())]):
            yield from diff(want.get(key), have.get(key), (*path, key), exclusive=exclusive)
    elif (
        not exclusive
        and isinstance(want, list)
        and isinstance(have, list)
        and len(want) == len(have)
    ):
        for i, (w, h) in enumerate(zip(want, have, strict=True)):
            yield from diff(w, h, (*path, i), exclusive=exclusive)
    elif want != have:
        yield Change(path, have, want)


def _show(value: Any) -> str:
    return "(none)" if value is None else json.dumps(value, default=str, sort_keys=True)
