"""Fields: a reference of the CRD's schema, one table for each object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dataflowxpress.api.crd import definition
from tools.website.tables import code, table

INTRODUCTION = (
    "Generated from the schema of the CustomResourceDefinition. In a cluster,"
    " `kubectl explain dp.spec --recursive` shows the same."
)
Schema = dict[str, Any]
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} entries",
}


def sections() -> Iterator[str]:
    """Yield a section for `spec`, `status` and each object in them."""
    [version] = definition()["spec"]["versions"]
    properties = version["schema"]["openAPIV3Schema"]["properties"]
    for part in ("spec", "status"):
        yield from _objects(part, properties[part])


def _objects(path: str, schema: Schema) -> Iterator[str]:
    yield _section(path, schema)
    for name, field in schema["properties"].items():
        inner, suffix = _inner(field)
        if "properties" in inner:
            yield from _objects(f"{path}.{name}{suffix}", inner)


def _inner(field: Schema) -> tuple[Schema, str]:
    """Return the schema of the items of a list, else the field's own."""
    return (field["items"], "[]") if field["type"] == "array" else (field, "")


def _section(path: str, schema: Schema) -> str:
    required = schema.get("required", [])
    rows = (
        [code(name), _type(field, required=name in required), _default(field), _about(field)]
        for name, field in schema["properties"].items()
    )
    messages = dict.fromkeys(rule["message"] for rule in schema.get("x-kubernetes-validations", []))
    rules = "\n".join(f"- {message}" for message in messages)
    parts = [f"## {path}", schema.get("description", "") if "." in path else ""]
    parts += [table(["field", "type", "default", "meaning"], rows)]
    return "\n\n".join(part for part in [*parts, rules and f"Rules:\n\n{rules}"] if part)


def _type(field: Schema, *, required: bool) -> str:
    inner, suffix = _inner(field)
    name = f"{inner.get('type', 'any')}{suffix}"
    return f"{name}, required" if required else name


def _default(field: Schema) -> str:
    return code(json.dumps(field["default"])) if "default" in field else ""


def _about(field: Schema) -> str:
    inner, _ = _inner(field)
    parts = [field.get("description", "").strip()]
    if choices := inner.get("enum"):
        parts.append(f"One of {', '.join(map(code, choices))}.")
    limits = [text.format(field[key]) for key, text in _LIMITS.items() if key in field]
    if limits:
        parts.append(f"{', '.join(limits).capitalize()}.")
    rules = [rule["message"] for rule in field.get("x-kubernetes-validations", ())]
    if "properties" not in inner:
        parts += [f"Rule: {rule}." for rule in rules]
    return " ".join(filter(None, parts))
