"""Kinds: the types of the Glue catalog, parsed, and the Arrow types that hold their values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

TIMESTAMP = pa.timestamp("us")  # in UTC; an Arrow type without a zone, as the catalog's `timestamp`
_ALIASES = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "double precision": "double",
    "numeric": "decimal",
    "dec": "decimal",
    "void": "string",
    "null": "string",
    "bool": "boolean",
    "set": "array",
}
_ARROW = {
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "char": pa.string(),
    "varchar": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": TIMESTAMP,
}
WHOLE = ("tinyint", "smallint", "int", "bigint")
TEXT = ("string", "char", "varchar")
NESTED = {"array": 1, "map": 2, "struct": 0}
_MAX_DIGITS = 38
_NAME = re.compile(
    r"\s*([A-Za-z][A-Za-z0-9_]*(?: precision)?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?\s*"
)


class UnknownKind(ValueError):
    """A type that the catalog names and the job does not know."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of the catalog."""

    name: str  # in lower case, without an alias: `int`, `decimal`, `struct`
    sizes: tuple[int, ...] = ()  # precision and scale of a decimal, length of a char
    fields: tuple[str, ...] = ()  # the names of a struct's fields
    parts: tuple[Kind, ...] = ()  # the types inside: of elements, of keys and values, of fields

    @property
    def is_nested(self) -> bool:
        """Return whether other types are inside."""
        return self.name in NESTED

    @property
    def arrow(self) -> pa.DataType:
        """Return the Arrow type."""
        if self.name == "decimal":
            return pa.decimal128(*self.sizes)
        if self.name == "struct":
            arrows = [part.arrow for part in self.parts]
            return pa.struct([pa.field(*each) for each in zip(self.fields, arrows, strict=True)])
        if self.name == "array":
            return pa.list_(pa.field("element", self.parts[0].arrow))
        if self.name == "map":
            return pa.map_(self.parts[0].arrow, self.parts[1].arrow)
        return _ARROW[self.name]

    def __str__(self) -> str:
        if self.name == "struct":
            texts = [f"{name}:{part}" for name, part in zip(self.fields, self.parts, strict=True)]
            return f"struct<{','.join(texts)}>"
        if self.parts:
            return f"{self.name}<{','.join(map(str, self.parts))}>"
        return f"{self.name}({','.join(map(str, self.sizes))})" if self.sizes else self.name

    def written(self) -> Kind:
        """Return the kind in which values are written: Parquet has no struct without fields.

        Such a struct is written as its JSON text, as is one with names that differ only in case.
        """
        names = {name.lower() for name in self.fields}
        if self.name == "struct" and len(names) < max(1, len(self.fields)):
            return Kind("string")
        if self.name in ("char", "varchar"):
            return Kind("string")
        return Kind(
            self.name, self.sizes, self.fields, tuple(each.written() for each in self.parts)
        )


@lru_cache(maxsize=4096)
def parsed(kind: str) -> Kind:
    """Return a type of the catalog; a name in a struct can hold any character."""
    try:
        found, end = _Parser(kind).kind(0)
    except RecursionError:
        raise UnknownKind(f"the type {kind[:100]!r} is nested too deeply") from None
    if found is None or end != len(kind):
        raise UnknownKind(f"unknown type {kind[:100]!r}; declare the column with a type of Glue")
    return found


def arrow_type(kind: str) -> pa.DataType:
    """Return the Arrow type of the values of a type of the catalog."""
    return parsed(kind).arrow


def written_kind(kind: str) -> str:
    """Return the type of the Parquet table for a type of the crawler's table."""
    return str(parsed(kind).written())


class _Parser:
    """A parser of one type; Glue writes names as they are, such as `struct<$oid:string,x:y:int>`.

    A name therefore ends at the first colon after which a type and a separator follow.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.known: dict[int, tuple[Kind | None, int]] = {}

    def kind(self, start: int) -> tuple[Kind | None, int]:
        """Return the type at *start* and the position behind it."""
        if start not in self.known:
            self.known[start] = self._kind(start)
        return self.known[start]

    def _kind(self, start: int) -> tuple[Kind | None, int]:
        match = _NAME.match(self.text, start)
        if not match:
            return None, start
        name = match[1].lower()
        name, end = _ALIASES.get(name, name), match.end()
        if name in NESTED:
            return self._nested(name, end) if self.text[end : end + 1] == "<" else (None, start)
        sizes = tuple(int(each) for each in match.groups()[1:] if each)
        if name == "decimal":
            precision, scale = (
                (*sizes, 10, 0)[: max(2, len(sizes))] if not sizes else (*sizes, 0)[:2]
            )
            fits = 0 < precision <= _MAX_DIGITS and scale <= precision
            return (Kind(name, (precision, scale)), end) if fits else (None, start)
        takes_length = name in ("char", "varchar")
        if name not in _ARROW or bool(sizes) != takes_length or len(sizes) > 1:
            return None, start
        return Kind(name, sizes), end

    def _nested(self, name: str, start: int) -> tuple[Kind | None, int]:
        """Return the type whose parts begin behind the `<` at *start*."""
        fields: list[str] = []
        parts: list[Kind] = []
        position = start + 1
        if name == "struct" and (empty := re.compile(r"\s*>\s*").match(self.text, position)):
            return Kind(name), empty.end()
        while True:
            if name == "struct":
                field, part, position = self._field(position)
                fields.append(field)
            else:
                part, position = self.kind(position)
            if part is None:
                return None, start
            parts.append(part)
            separator = self.text[position : position + 1]
            position += 1
            if separator == ">":
                break
            if separator != ",":
                return None, start
        if len(parts) != (NESTED[name] or len(parts)):
            return None, start
        while self.text[position : position + 1].isspace():
            position += 1
        return Kind(name, (), tuple(fields), tuple(parts)), position

    def _field(self, start: int) -> tuple[str, Kind | None, int]:
        colon = self.text.find(":", start)
        while colon >= 0:
            part, end = self.kind(colon + 1)
            if part is not None and self.text[end : end + 1] in (",", ">"):
                return _unquoted(self.text[start:colon].strip()), part, end
            colon = self.text.find(":", colon + 1)
        return "", None, start


def _unquoted(name: str) -> str:
    is_quoted = len(name) > 1 and name[0] == name[-1] == "`"
    return name[1:-1].replace("``", "`") if is_quoted else name
