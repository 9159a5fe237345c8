"""JSON schema: a whole manifest for editors and validators, from the CRD."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .crd import definition
from .document import API_VERSION, NAME
from .spec import KIND

DIALECT = (
    "http://json-schema.org/draft-07/schema#"  # the one that yaml-language-server reads in full
)
NAME_SCHEMA = {"type": "string", "maxLength": 253, "pattern": NAME}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}


def document() -> str:
    """Return the schema as JSON."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the schema of a manifest of a DataPipeline.

    It refuses unknown fields, as the API server does with `--validate=strict`. It has no rules
    across fields: those are in CEL, which JSON schema cannot express.
    """
    [version] = definition()["spec"]["versions"]
    root = version["schema"]["openAPIV3Schema"]
    return {
        "$schema": DIALECT,
        "title": KIND,
        "description": root["description"],
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"enum": [API_VERSION]},
            "kind": {"enum": [KIND]},
            "metadata": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": NAME_SCHEMA | {"description": "The name, unique in the namespace."},
                    "namespace": NAME_SCHEMA | {"description": "The namespace."},
                    "labels": TEXTS,
                    "annotations": TEXTS,
                },
            },
            "spec": _closed(root["properties"]["spec"]),
            "status": {"type": "object", "description": "Written by the operator."},
        },
    }


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return *schema* without Kubernetes' extensions; each object refuses unknown fields."""
    result = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    if "properties" in result:
        fields = {name: _closed(field) for name, field in result["properties"].items()}
        result |= {"properties": fields, "additionalProperties": False}
    for inner in ("items", "additionalProperties"):
        if isinstance(result.get(inner), Mapping):
            result[inner] = _closed(result[inner])
    return result
