"""Document: a DataPipeline as YAML has it, and its mistakes before any cluster or AWS sees it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .spec import GROUP, VERSION, DataPipelineSpec, mistakes

API_VERSION = f"{GROUP}/{VERSION}"
NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
NAME_CHARACTERS = "a-z0-9.-"
NAME_FIX = 'a-z, 0-9, "-" and ".", with a letter or digit at both ends'


def name_of(document: Mapping[str, Any]) -> str:
    """Return `metadata.name`, or an empty string."""
    return str(_metadata(document).get("name", ""))


def document_mistakes(document: Mapping[str, Any], namespace: str = "") -> Iterator[str]:
    """Yield the mistakes that a cluster would refuse; *namespace* is the expected one, if any."""
    if (version := document.get("apiVersion")) != API_VERSION:
        yield f"apiVersion: {json.dumps(version, default=str)} is unknown; use {API_VERSION}"
    yield from _metadata_mistakes(document, namespace)
    yield from mistakes(DataPipelineSpec, document.get("spec") or {})


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _metadata_mistakes(document: Mapping[str, Any], namespace: str) -> Iterator[str]:
    metadata = _metadata(document)
    if document.get("metadata") and not metadata:
        yield "metadata: is not a mapping; use one `field: value` a line"
        return
    name = metadata.get("name", "")
    if not isinstance(name, str):
        yield f"metadata.name: {json.dumps(name, default=str)} is not text; put it in quotes"
    elif not re.fullmatch(NAME, name):
        yield f"metadata.name: {json.dumps(name)} is invalid; use {NAME_FIX}"
    if namespace and (given := metadata.get("namespace", namespace)) != namespace:
        yield f"metadata.namespace: {given} is not {namespace}; correct it, or the option -n"


def as_stored(document: Mapping[str, Any], namespace: str = "") -> dict[str, Any]:
    """Return a valid document with the fields that a cluster sets."""
    meta = document["metadata"]
    return {
        **document,
        "metadata": {
            **meta,
            "namespace": meta.get("namespace") or namespace or "default",
            "generation": _generation(document.get("spec")),
        },
    }


def _generation(spec: Any) -> int:
    """Return a number that changes with the spec: a file has no counter of versions."""
    text = json.dumps(spec, sort_keys=True, default=str)
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
