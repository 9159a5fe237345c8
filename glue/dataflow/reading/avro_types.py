"""Avro types: from a schema to Arrow's types, with the functions that read values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dataflow.reading.avro_input import Cursor, Malformed
from dataflow.reading.avro_values import PRIMITIVES, AvroType, enum, fixed, logical, nothing
from dataflow.skip_reasons import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

NODES = 20_000  # types within a schema at most; a named type counts wherever it is used
DEPTH = 100  # levels of a schema

_NARROW = {pa.int64(): pa.int32(), pa.float64(): pa.float32()}


class Types:
    """The types of one schema."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[dict[str, Any], str]] = {}  # with their namespaces
        self._around: list[str] = []  # the types that contain the present one, if named
        self._nodes = 0

    def of(self, schema: Any, space: str = "") -> AvroType:
        """Return the type of a schema within a namespace."""
        self._nodes += 1
        if self._nodes > NODES or len(self._around) > DEPTH:
            raise Unreadable(f"an Avro schema with more than {NODES:,} types or {DEPTH} levels")
        if isinstance(schema, list):
            return _union([self._inner(each, space) for each in schema])
        if isinstance(schema, dict):
            return self._object(schema, space)
        return self._reference(schema, space)

    def fields(self, schema: dict[str, Any], space: str = "") -> dict[str, AvroType]:
        """Return the types of a record's fields."""
        fields = schema.get("fields")
        if not isinstance(fields, list) or not all(isinstance(each, dict) for each in fields):
            raise Unreadable("not Avro: a record in the schema has no fields")
        made = {str(each.get("name")): self.of(each.get("type"), space) for each in fields}
        if len(made) < len(fields):
            raise Unreadable("not Avro: a record in the schema has two fields of one name")
        return made

    def _object(self, schema: dict[str, Any], space: str) -> AvroType:
        match schema.get("type"):
            case "record" | "error" | "enum" | "fixed":
                return self._definition(schema, space)
            case "array":
                return _array(self._inner(schema.get("items"), space))
            case "map":
                return _map(self._inner(schema.get("values"), space))
            case str(kind) if kind in PRIMITIVES:
                return logical(schema, PRIMITIVES[kind])
            case inner:
                return self._inner(inner, space)

    def _inner(self, schema: Any, space: str, around: str = "") -> AvroType:
        self._around.append(around)
        made = self.of(schema, space)
        self._around.pop()
        return made

    def _reference(self, name: Any, space: str) -> AvroType:
        if not isinstance(name, str):
            raise Unreadable("not Avro: a type in the schema is neither a name nor an object")
        if name in PRIMITIVES:
            return PRIMITIVES[name]
        for full in (_full(name, space), name):
            if full in self._named:
                return self._use(full)
        raise Unreadable(f"an Avro schema with the unknown type {name!r}")

    def _definition(self, schema: dict[str, Any], space: str) -> AvroType:
        name = str(schema.get("name"))
        full = _full(name, str(schema.get("namespace") or space))
        self._named[full] = schema, full.rpartition(".")[0]
        return self._use(full)

    def _use(self, name: str) -> AvroType:
        schema, space = self._named[name]
        if name in self._around:
            raise Unreadable(f"an Avro schema whose type {name!r} contains itself")
        match schema["type"]:
            case "enum":
                return enum(schema)
            case "fixed":
                return logical(schema, fixed(schema))
        self._around.append(name)
        made = _record(self.fields(schema, space))
        self._around.pop()
        return made


def _full(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


def _record(fields: dict[str, AvroType]) -> AvroType:
    readers = [(name, each.read) for name, each in fields.items()]
    arrow = pa.struct([pa.field(name, each.arrow) for name, each in fields.items()])
    return AvroType(arrow, lambda cursor: {name: read(cursor) for name, read in readers})


def _array(items: AvroType) -> AvroType:
    def read(cursor: Cursor) -> list[Any]:
        values: list[Any] = []
        while count := cursor.count():
            values += [items.read(cursor) for _ in range(count)]
        return values

    return AvroType(pa.list_(items.arrow), read)


def _map(values: AvroType) -> AvroType:
    key = PRIMITIVES["string"].read

    def read(cursor: Cursor) -> list[tuple[str, Any]]:
        pairs: list[tuple[str, Any]] = []
        while count := cursor.count():
            pairs += [(key(cursor), values.read(cursor)) for _ in range(count)]
        return pairs

    return AvroType(pa.map_(pa.string(), values.arrow), read)


def _union(branches: list[AvroType]) -> AvroType:
    """Return the type of a union: one type, the wider number, or a struct with a member each."""
    kinds = [each for each in branches if each.arrow != pa.null()]
    arrow = {each.arrow for each in kinds}
    wide = next((wide for wide, narrow in _NARROW.items() if arrow == {wide, narrow}), None)
    if len(arrow) <= 1 or wide:
        alone = wide or next(iter(arrow), pa.null())
        return AvroType(alone, _choice([each.read for each in branches]))
    readers: list[Callable[[Cursor], Any]] = []
    members: list[pa.Field] = []
    for each in branches:
        if each.arrow == pa.null():
            readers.append(nothing)
        else:
            name = f"member{len(members)}"
            readers.append(_member(name, each.read))
            members.append(pa.field(name, each.arrow))
    return AvroType(pa.struct(members), _choice(readers))


def _member(name: str, read: Callable[[Cursor], Any]) -> Callable[[Cursor], Any]:
    return lambda cursor: {name: read(cursor)}


def _choice(readers: list[Callable[[Cursor], Any]]) -> Callable[[Cursor], Any]:
    def read(cursor: Cursor) -> Any:
        branch = cursor.long()
        if not 0 <= branch < len(readers):
            raise Malformed(f"a union has no branch {branch}")
        return readers[branch](cursor)

    return read
