"""Hostile specs: whatever the schema lets in, as a strategy of hypothesis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from dataflowxpress.api import crd
from dataflowxpress.api.spec import DataPipelineSpec

SCHEMA = crd.structural(DataPipelineSpec)
ODD = st.characters(codec="utf-8", exclude_categories=["Cs"])


def of(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that a structural schema lets in, the hostile ones among them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            return _object(schema)
        case "array":
            return _array(schema)
        case "string":
            return _string(schema)
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case _:
            return st.booleans()


def _object(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" not in schema:
        keys = st.text(ODD, max_size=12) | st.sampled_from(["--x", "--bucket", "aws:x", "team"])
        most = min(schema.get("maxProperties", 3), 3)
        return st.dictionaries(keys, of(schema["additionalProperties"]), max_size=most)
    needed = schema.get("required", ())
    fields = {name: of(inner) for name, inner in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: field for name, field in fields.items() if name not in needed},
    )


def _array(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    unique = schema.get("x-kubernetes-list-type") == "set"
    return st.lists(of(schema["items"]), max_size=min(schema.get("maxItems", 4), 4), unique=unique)


def _string(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 64)
    if pattern := schema.get("pattern"):
        ended = re.sub(r"\$$", r"\\Z", pattern)  # Python's $ also matches before a last newline
        compiled = re.compile(ended, re.ASCII)
        return st.from_regex(compiled).filter(lambda text: least <= len(text) <= most)
    return st.text(ODD, min_size=least, max_size=min(most, 64))
