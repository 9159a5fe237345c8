"""Types: the types of the catalog, and those to which each can widen."""

from __future__ import annotations

# Each type can widen to those after it: every value of the former is a value of the latter.
LADDERS = (
    ("tinyint", "smallint", "int", "bigint", "double", "string"),
    ("float", "double", "string"),
    ("decimal", "decimal(38,18)", "string"),
    ("date", "timestamp", "string"),
    ("boolean", "string"),
)


def wider_than(kind: str) -> tuple[str, ...]:
    """Return the types to which a column of type *kind* can widen, the narrowest first."""
    name = kind.partition("(")[0]
    for ladder in LADDERS:
        if name in ladder:
            return tuple(step for step in ladder[ladder.index(name) + 1 :] if step != kind)
    return ()
