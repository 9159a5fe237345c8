"""Damages: documents as others could have written them, for property tests."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in a document."""
    items: dict[Any, Any] = {}
    if isinstance(value, dict | list):
        items = value if isinstance(value, dict) else dict(enumerate(value))
    return [path, *(place for key in items for place in places(items[key], (*path, key)))]


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> Any:
    """Return a document in which one value is missing, or another one."""
    document = copy.deepcopy(document)
    *parents, last = draw(st.sampled_from(places(document)[1:]))
    parent = document
    for step in parents:
        parent = parent[step]
    if draw(st.booleans()):
        parent[last] = draw(VALUES)
    else:
        del parent[last]
    return document
