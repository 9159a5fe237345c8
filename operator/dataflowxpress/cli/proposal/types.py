"""Types: the type of a column by its values, as the job converts them.

A type is proposed only if the job keeps each value with it. A column of digits stays text if its
name says that it holds codes: a later value could begin with a zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from dataflow.learning import ARROW_KINDS
from dataflow.reading.records import Number
from dataflow.values.typing import TextRule, typed

LONGEST = 1024  # characters of a type
FEW = 1000  # values that exclude most formats
NULLS = ("NULL", "null", "Null", "NA", "N/A", "n/a", "#N/A", r"\N", "None", "none", "nil", "-", "?")
NO_WORDS = frozenset({"NULL", r"\N", "#N/A"})  # null in columns of text, too
CODES = re.compile(
    r"(^|_)(zip|plz|cap|postal|postcode|post_code|phone|tel|telephone|telefon|mobile|fax|iban|bic"
    r"|ean|gtin|isbn|issn|sku|vat|ssn|code|codes)(_|$)"
)
TIMES = re.compile(
    r"(^|_)(date|datum|day|tag|time|timestamp|ts|epoch|created|updated|modified|at)(_|$)"
)
EPOCHS = {"epochSeconds": 1, "epochMillis": 1000}
SINCE, UNTIL = 978_307_200, 4_102_444_800  # the years 2001 to 2099
DAY_FIRST = ("dd.MM.yyyy", "d.M.yyyy", "dd/MM/yyyy", "d/M/yyyy", "dd-MM-yyyy", "dd.MM.yy")
MONTH_FIRST = ("MM/dd/yyyy", "M/d/yyyy", "MM-dd-yyyy")
CLEAR = ("yyyy/MM/dd", "yyyy.MM.dd", "dd MMM yyyy", "dd-MMM-yyyy", "d MMM yyyy", "MMM d, yyyy")
CLOCKS = (" HH:mm:ss", " HH:mm", "'T'HH:mm:ss", " HH:mm:ss.SSS", " h:mm:ss a", " h:mm a")
DATE_LIKE = r"^\s*(?:[0-9]{1,4}[./ -][0-9A-Za-z]{1,9}|[A-Z][a-z]{2} [0-9]{1,2},)[./ -]*[0-9]{2}"
AMBIGUOUS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+")


@dataclass(frozen=True)
class Guess:
    """A proposed type."""

    type: str
    format: str = ""
    decimal: str = ""  # the decimal sign, if the column has one that is not the point
    nulls: frozenset[str] = frozenset()  # texts that mean null
    note: str = ""


STRING = Guess("string")


def guess(column: Any, name: str, nulls: Sequence[str] = NULLS) -> Guess:
    """Return the type of a column; *name* is its name in the tables.

    Texts of *nulls* can mean null, if the type is not text without them.
    """
    if isinstance(column, list):
        return _of_json(column)
    if pt.is_string(column.type):
        return _of_text(column.drop_null(), name, nulls)
    kind = _of_arrow(column.type)
    if kind and _fits(column, kind):
        return Guess(kind)
    return replace(STRING, note=f"the files have {column.type}, which no type keeps")


def _of_text(values: pa.Array, name: str, nulls: Sequence[str]) -> Guess:
    if not len(values):
        return replace(STRING, note="the sample has no value")
    found = _plain(values, name)
    if found.type != "string":
        return found
    present = _present(values, nulls)
    others = values.filter(pc.invert(pc.is_in(values, pa.array(sorted(present), pa.string()))))
    if present and len(others) and (better := _plain(others, name)).type != "string":
        return replace(better, nulls=present)
    return replace(found, nulls=present & NO_WORDS)


def _present(values: pa.Array, texts: Iterable[str]) -> frozenset[str]:
    return frozenset(each for each in texts if pc.any(pc.equal(values, each)).as_py())


def _plain(values: pa.Array, name: str) -> Guess:
    """Return the type of texts none of which means null."""
    for kind in ("boolean", "bigint", "double", "date", "timestamp"):
        if _fits(values, kind):
            if kind == "bigint" and pc.any(pc.match_substring(values, ".")).as_py():
                continue  # `7.0` is a measurement
            is_time = kind == "date" and pc.max(pc.utf8_length(values)).as_py() > len("2026-01-01")
            return _by_name(values, "timestamp" if is_time else kind, name)
    if _fits(values, "double", TextRule(decimal=",", is_declared=True)):
        return _with_comma(values, name)
    return _with_format(values)


def _fits(values: Any, kind: str, rule: TextRule | None = None) -> bool:
    few = values[:FEW]
    rule = rule or TextRule()
    return typed(few, kind, rule).misfits is None and typed(values, kind, rule).misfits is None


def _by_name(values: pa.Array, kind: str, name: str) -> Guess:
    """Return a type that fits all values, unless the name says that they are something else."""
    if kind in {"bigint", "double"} and CODES.search(name):
        return replace(STRING, note="digits, but the name says that they are codes")
    if kind == "bigint" and TIMES.search(name):
        return next(_as_times(values), Guess("bigint"))
    return Guess(kind)


def _as_times(values: pa.Array) -> Iterator[Guess]:
    lowest, highest = pc.min_max(values.cast(pa.int64())).as_py().values()
    for form, units in EPOCHS.items():
        if SINCE * units <= lowest and highest <= UNTIL * units:
            yield Guess("timestamp", form)
    if _fits(values, "date", TextRule("yyyyMMdd", is_declared=True)):
        yield Guess("date", "yyyyMMdd")


def _with_comma(values: pa.Array, name: str) -> Guess:
    if CODES.search(name):
        return replace(STRING, note="digits, but the name says that they are codes")
    commas = values.filter(pc.match_substring(values, ","))
    if not len(commas):  # leading zeros and signs, which a declaration would remove
        return STRING
    plain = commas.to_pylist()
    if all(AMBIGUOUS.fullmatch(each) for each in plain):
        return replace(STRING, note="a comma can separate thousands or decimals")
    strict = pc.replace_substring(pc.replace_substring(values, ".", ""), ",", ".")
    if not _fits(strict, "double"):
        return STRING
    return Guess("double", decimal=",")


def _with_format(values: pa.Array) -> Guess:
    """Return the only order of day and month that fits dates or timestamps."""
    if pc.all(pc.match_substring_regex(values[:FEW], DATE_LIKE)).as_py() is False:
        return STRING
    for kind, clocks in {"date": ("",), "timestamp": CLOCKS}.items():
        found = {
            order: form + clock
            for order, forms in enumerate((DAY_FIRST, MONTH_FIRST, CLEAR))
            for clock in clocks
            for form in reversed(forms)
            if _fits(values, kind, TextRule(form + clock, is_declared=True))
        }
        if len(found) > 1:
            forms = " or ".join(found.values())
            return replace(STRING, note=f"dates, but the order of day and month is open: {forms}")
        if found:
            return Guess(kind, next(iter(found.values())))
    return STRING


def _of_json(values: list[Any]) -> Guess:
    given = [each for each in values if each is not None]
    if not given:
        return replace(STRING, note="the sample has no value")
    types = {*map(type, given)}
    if types == {str}:
        found = _plain(pa.array(given, pa.string()), "")
        is_time = found.type in {"date", "timestamp"}
        return found if is_time else STRING
    kind = _json_kind(given, types)
    return Guess(kind) if len(kind) <= LONGEST else STRING


def _json_kind(given: list[Any], types: set[type]) -> str:
    """Return the type that keeps JSON values without a format; text keeps all of them."""
    if types == {bool}:
        return "boolean"
    if types == {Number}:
        return next((kind for kind in ("bigint", "double") if _fits(given, kind)), "string")
    if types == {list}:
        inner = [value for each in given for value in each if value is not None]
        return f"array<{_json_kind(inner, {*map(type, inner)})}>"
    if types == {dict}:
        return _struct(given)
    return "string"


def _struct(given: list[dict[str, Any]]) -> str:
    fields = {}
    for name in dict.fromkeys(name for each in given for name in each):
        inner = [each[name] for each in given if each.get(name) is not None]
        fields[name] = _json_kind(inner, {*map(type, inner)})
    return _struct_of(fields) or "string"


def _struct_of(fields: Mapping[str, str]) -> str:
    """Return the type of a struct; empty if the spec cannot name its fields or their types."""
    is_plain = all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in fields)
    names = {name.lower() for name in fields}
    if not fields or not is_plain or not all(fields.values()) or len(names) < len(fields):
        return ""
    return f"struct<{','.join(f'{name.lower()}:{kind}' for name, kind in fields.items())}>"


def _of_arrow(kind: pa.DataType) -> str:
    """Return the type for a column of Parquet, ORC or Avro; empty if text keeps it best."""
    if pt.is_dictionary(kind):
        return _of_arrow(kind.value_type)
    if pt.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pt.is_list(kind) or pt.is_large_list(kind):
        inner = _of_arrow(kind.value_type)
        return f"array<{inner}>" if inner else ""
    if pt.is_struct(kind):
        return _struct_of({field.name: _of_arrow(field.type) for field in kind})
    if pt.is_timestamp(kind):
        return "timestamp"
    return {**ARROW_KINDS, "string": "string", "large_string": "string"}.get(str(kind), "")
