"""CRD: generates the CustomResourceDefinition from the spec and the status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from .spec import GROUP, KIND, PLURAL, VERSION, DataPipelineSpec, SpecModel
from .status import Status

HEADER = "# Generated from operator/dataflowxpress/api/spec by `make crd`; do not edit.\n"

COLUMNS = [
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', 0),
    ("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', 0),
    ("Data", "string", '.status.conditions[?(@.type=="DataCurrent")].reason', 0),
    ("Last run", "string", ".status.runs[0].state", 0),
    ("Objects", "integer", ".status.data.objects", 1),
    ("Rows", "integer", ".status.data.rows", 0),
    ("Waiting", "integer", ".status.data.waiting", 1),
    ("Refused", "integer", ".status.data.refused", 1),
    ("Compared", "date", ".status.lastComparedAt", 1),
    ("Age", "date", ".metadata.creationTimestamp", 0),
]


def manifest() -> str:
    """Return the CRD as YAML."""
    return HEADER + yaml.safe_dump(definition(), sort_keys=False, width=100, allow_unicode=True)


def definition() -> dict[str, Any]:
    """Return the CRD as an object for the Kubernetes API."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["dp"],
                "categories": ["all", "dataflowxpress"],
            },
            "versions": [_version()],
        },
    }


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, "priority": priority}
            for name, kind, path, priority in COLUMNS
        ],
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "description": "A serverless pipeline on AWS that converts uploaded files to"
                " queryable Parquet.",
                "required": ["spec"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": structural(DataPipelineSpec),
                    "status": _without_defaults(structural(Status)),
                },
            }
        },
    }


def structural(model: type[BaseModel]) -> dict[str, Any]:
    """Return *model* as a structural schema: without references, unions and titles.

    Only scalars and objects of the spec have defaults. A default on a list would be a permanent
    difference for GitOps tools.
    """
    schema = model.model_json_schema(by_alias=True)
    rules = {part.__name__: part.VALIDATION_RULES for part in _parts(model)}
    return _structural(schema, schema.get("$defs", {}), rules)


def _without_defaults(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_defaults(item) for item in schema]
    if isinstance(schema, dict):
        return {k: _without_defaults(v) for k, v in schema.items() if k != "default"}
    return schema


def _parts(model: type[BaseModel]) -> Iterator[type[SpecModel]]:
    if issubclass(model, SpecModel):
        yield model
    for field in model.model_fields.values():
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _parts(inner)


def _structural(
    schema: Mapping[str, Any], parts: Mapping[str, Any], rules: Mapping[str, Any]
) -> dict[str, Any]:
    schema = _resolved(schema, parts)
    result = {key: schema[key] for key in _KEPT if key in schema}
    if "description" in result:
        result["description"] = " ".join(result["description"].split())
    if "const" in schema:
        result["enum"] = [schema["const"]]
    if "items" in schema:
        result["items"] = _without_defaults(_structural(schema["items"], parts, rules))
    if "properties" in schema:
        result["properties"] = {
            name: _structural(value, parts, rules) for name, value in schema["properties"].items()
        }
    if values := schema.get("patternProperties"):
        result["additionalProperties"] = _structural(next(iter(values.values())), parts, rules)
    elif isinstance(schema.get("additionalProperties"), Mapping):
        result["additionalProperties"] = _structural(schema["additionalProperties"], parts, rules)
    if (default := _default(schema)) is not None:
        result["default"] = default
    # A scalar field has a title, too: that of a field `bucket` is the name of a part.
    if checks := "properties" in schema and rules.get(schema.get("title", "")):
        result["x-kubernetes-validations"] = [
            {"rule": rule.cel, "message": rule.message}
            | ({"fieldPath": rule.field} if rule.field else {})
            for rule in checks
        ]
    return result | _list_type(schema, result, rules)


def _list_type(
    schema: Mapping[str, Any], result: Mapping[str, Any], rules: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how the API server compares the entries of a list; it refuses equal ones."""
    if result.get("type") != "array":
        return {}
    if "enum" in result["items"]:
        return {"x-kubernetes-list-type": "set"}
    if _part_of(schema["items"]) in rules:  # costs no validation rule
        return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    return {}


def _part_of(schema: Mapping[str, Any]) -> str:
    """Return the name of the part that *schema* refers to, or an empty string."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


_KEPT = (
    "type",
    "description",
    "enum",
    "pattern",
    "format",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
)


def _resolved(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow the reference, and drop the null of an optional field, which can be absent."""
    if "anyOf" in schema:
        value = next(option for option in schema["anyOf"] if option.get("type") != "null")
        rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
        return _resolved({**value, **rest}, parts)
    if "$ref" in schema:
        part = parts[schema["$ref"].rpartition("/")[2]]
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return {**part, **rest}
    return schema


def _default(schema: Mapping[str, Any]) -> Any:
    match schema.get("type"), schema.get("default"):
        case "array", _:
            return None
        case "object", None:
            return None
        case "object", _:
            return {}
        case _, default:
            return default
