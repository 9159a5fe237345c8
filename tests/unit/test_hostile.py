"""Hostile input: what the schema lets in becomes resources, or a refusal with its field."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from dataflowxpress.api.errors import InvalidSpec
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.spec.mistakes import mistakes
from dataflowxpress.aws.resources import Role
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Scope
from tests.hostile import SCHEMA, of
from tests.sample import EVERYTHING

SCOPE = Scope("default/orders", "111122223333", "eu-west-1")
EXAMPLES = 500 if EVERYTHING else 150


def read(pipeline: Pipeline) -> tuple[DataPipelineSpec | None, str]:
    """Return the spec, or what is wrong with it."""
    try:
        return pipeline.spec, ""
    except InvalidSpec as refusal:
        return None, str(refusal)


@settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
@given(of(SCHEMA))
def test_a_spec_becomes_resources_or_a_refusal_that_names_the_field(spec: dict[str, Any]) -> None:
    pipeline = Pipeline({"metadata": {"namespace": "default", "name": "orders"}, "spec": spec})
    asked, refusal = read(pipeline)
    if asked is None:
        assert refusal.startswith("spec")
        return
    wanted = blueprint(asked, SCOPE, script=b"")
    assert len({each.id for each in wanted}) == len(wanted)
    for each in wanted:
        json.dumps(each.desired())  # AWS is spoken to in JSON, XML or query strings: all plain
        assert each.name
    for role in (each for each in wanted if isinstance(each, Role)):
        assert len(json.dumps(role.desired())) < 10_240 + 2048  # what IAM takes, with the trust


@pytest.mark.parametrize("interval", ["0s", "00m", "29s", "169h", "99999999999999h"])
def test_an_interval_that_loads_aws_or_compares_never_is_refused(interval: str) -> None:
    (found,) = mistakes(DataPipelineSpec, {"resyncInterval": interval})
    assert found == (
        f'spec.resyncInterval: "{interval}" is invalid: use an interval from 30s to 168h'
    )
