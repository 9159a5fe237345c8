"""Shapes: what a value violates in the shape that AWS' model gives it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import regex

Violation = tuple[str, str]  # where, as `Targets.S3Targets[].Path`; and what

_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": Mapping,
    "map": Mapping,
    "list": list,
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": datetime,
    "blob": (bytes, str),
}
_NUMBERS = frozenset({"integer", "long", "float", "double"})
_SHOWN = 60  # characters of a value in a message


def violations(value: Any, shape: Any, where: str = "") -> Iterator[Violation]:
    """Yield what a decoded value violates: types, members, enums, patterns, sizes and ranges."""
    if shape.metadata.get("document") or shape.serialization.get("streaming"):
        return
    if not _is_of_type(value, shape.type_name):
        yield where, f"is {type(value).__name__}, not {shape.type_name}"
        return
    yield from ((where, what) for what in _limits(value, shape))
    match shape.type_name:
        case "structure":
            yield from _structure(value, shape, where)
        case "list":
            for item in value:
                yield from violations(item, shape.member, f"{where}[]")
        case "map":
            for key, item in value.items():
                yield from violations(key, shape.key, f"{where}{{key}}")
                yield from violations(item, shape.value, f"{where}{{}}")


def _structure(value: Mapping[str, Any], shape: Any, where: str) -> Iterator[Violation]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _below(where, name), "is missing"
    for name, item in value.items():
        if name not in shape.members:
            yield _below(where, name), "is unknown"
        elif item is not None:
            yield from violations(item, shape.members[name], _below(where, name))


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _is_of_type(value: Any, type_name: str) -> bool:
    if isinstance(value, bool) and type_name in _NUMBERS:
        return False
    return isinstance(value, _TYPES[type_name])


def _limits(value: Any, shape: Any) -> Iterator[str]:
    limits = shape.metadata
    if (known := limits.get("enum")) and value not in known:
        yield f"is {_shown(value)}, none of {', '.join(known[:8])}"
    if (pattern := limits.get("pattern")) and not _matches(pattern)(value):
        yield f"is {_shown(value)}, which does not match {pattern}"
    if shape.type_name in {"boolean", "timestamp", "structure"}:
        return
    size = value if shape.type_name in _NUMBERS else len(value)
    if (least := limits.get("min")) is not None and size < least:
        yield f"has {size}, less than {least}"
    if (most := limits.get("max")) is not None and size > most:
        yield f"has {size}, more than {most}"


def _shown(value: Any) -> str:
    return repr(value if len(str(value)) <= _SHOWN else f"{str(value)[:_SHOWN]}…")


@functools.cache
def _matches(pattern: str) -> Callable[[str], Any]:
    """Return the matcher of a pattern, which is Java's: it writes high characters as surrogates."""
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    matches: Callable[[str], Any] = regex.compile(pattern).fullmatch
    return matches
