"""Casts: convert values to the catalog's types, and find the type that a value needs.

A cast of Spark can succeed and still change the value: `12D` becomes 12.0, a timestamp loses its
time as a date. A value fits a type only if the cast keeps all of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the usual name

if TYPE_CHECKING:
    from pyspark.sql import Column

WHOLE = {"tinyint", "smallint", "int", "bigint"}
EXACT_DIGITS = {"float": 7, "double": 15}  # of a whole number that such a type always keeps
_JAVA_NUMBER = r"(?i)x|[0-9.](d|f)\\s*$"  # 0x1p3, 12D and 5f are numbers for Java alone
_ONLY_TIME = r"^\\s*T?[0-9]{1,2}:"  # Spark adds the day of the run
_CODE = r"^\\s*[+-]?[0-9]+[eE][0-9]"  # 713752e1: no software prints a number like this


def typed(source: str, kind: str, *, is_text: bool) -> Column:
    """Return the value of the expression *source* as *kind*, or null if it cannot be cast."""
    if is_text and is_nested(kind):
        return F.from_json(source, kind)
    return F.expr(_cast(source, kind))


def fits(source: str, kind: str, source_kind: str) -> Column:
    """Return whether the value of an expression is not null and keeps all of itself as *kind*."""
    if is_nested(kind):
        return typed(source, kind, is_text=source_kind == "string").isNotNull()
    if source_kind == "string":
        return F.expr(_text_fits(source, kind))
    cast = _cast(source, kind)
    if kind == "string" or not _is_comparable(kind, source_kind):
        return F.expr(f"{cast} IS NOT NULL")
    return F.expr(f"coalesce({_cast(cast, source_kind)} = {source}, false)")


def needs(text: str, kind: str, old: str) -> Column:
    """Return whether a text fits the type *kind* that the column of type *old* can become."""
    condition = _text_fits(text, kind)
    if old in WHOLE and kind == "double":
        condition = f"{condition} AND NOT {text} RLIKE '{_CODE}'"
    return F.expr(condition)


def is_nested(kind: str) -> bool:
    """Return whether a type has other types inside."""
    return kind.startswith(("array", "map", "struct"))


def _cast(source: str, kind: str) -> str:
    return f"try_cast({source} AS {kind})"


def _text_fits(text: str, kind: str) -> str:
    value = _cast(text, kind)
    kept = f"{value} IS NOT NULL"
    if digits := EXACT_DIGITS.get(kind):
        whole = f"trim({text}) RLIKE '^[+-]?[0-9]{{{digits + 1},}}$'"
        exact = f"try_cast({value} AS decimal(38,0)) = try_cast({text} AS decimal(38,0))"
        kept += f" AND NOT {text} RLIKE '{_JAVA_NUMBER}' AND (NOT {whole} OR {exact})"
    elif kind == "date":
        kept += (
            f" AND (NOT trim({text}) RLIKE '[ T]'"
            f" OR {_cast(text, 'timestamp')} = CAST({value} AS timestamp))"
        )
    elif scale := re.search(r"decimal\(\d+, *(\d+)\)", kind):
        kept += f" AND NOT {text} RLIKE '[.][0-9]{{{scale[1]}}}[0-9]*[1-9]'"
    elif kind == "timestamp":
        kept += f" AND NOT {text} RLIKE '{_ONLY_TIME}'"
    return f"coalesce({kept}, false)"


def _is_comparable(kind: str, source_kind: str) -> bool:
    """Return whether a cast to *kind* and back can show a loss."""
    pattern = r"tinyint|smallint|int|bigint|float|double|decimal|date|timestamp|timestamp_ntz"
    names = (each.partition("(")[0] for each in (kind, source_kind))
    return all(re.fullmatch(pattern, name) for name in names)
