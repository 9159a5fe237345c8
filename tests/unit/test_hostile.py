"""Hostile input: what the schema lets in becomes resources, or a refusal with its field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflowxpress import crd
from dataflowxpress.blueprint import blueprint
from dataflowxpress.core.resource import Scope
from dataflowxpress.errors import InvalidSpec
from dataflowxpress.pipeline import Pipeline
from dataflowxpress.resources import Role
from dataflowxpress.spec import DataPipelineSpec

SCHEMA = crd.structural(DataPipelineSpec)
HERE = Scope("default/orders", "111122223333", "eu-west-1")
ODD = st.characters(codec="utf-8", exclude_categories=["Cs"])
EXAMPLES = 500


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


def read(pipeline: Pipeline) -> tuple[DataPipelineSpec | None, str]:
    """Return the spec, or what is wrong with it."""
    try:
        return pipeline.spec, ""
    except InvalidSpec as refusal:
        return None, str(refusal)


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(of(SCHEMA))
def test_a_spec_becomes_resources_or_a_refusal_that_names_the_field(spec: dict[str, Any]) -> None:
    pipeline = Pipeline({"metadata": {"namespace": "default", "name": "orders"}, "spec": spec})
    asked, refusal = read(pipeline)
    if asked is None:
        assert refusal.startswith("spec")
        return
    wanted = blueprint(asked, HERE, script=b"")
    assert len({each.id for each in wanted}) == len(wanted)
    for each in wanted:
        json.dumps(each.desired())  # AWS is spoken to in JSON, XML or query strings: all plain
        assert each.name
    for role in (each for each in wanted if isinstance(each, Role)):
        assert len(json.dumps(role.desired())) < 10_240 + 2048  # what IAM takes, with the trust


@pytest.mark.parametrize("interval", ["0s", "00m", "99999999999999h"])
def test_an_absurd_interval_is_no_reason_to_stop(interval: str) -> None:
    spec = DataPipelineSpec.model_validate({"resyncInterval": interval})
    assert spec.resync_seconds >= 0
