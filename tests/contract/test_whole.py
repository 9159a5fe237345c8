"""A whole pipeline: made, found in order and removed, with few calls and many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.step import Action
from tests.contract.conftest import mutations

if TYPE_CHECKING:
    from dataflowxpress.planning.resource import Resource
    from tests.contract.conftest import Pipeline

CALLS_TO_CREATE, CALLS_TO_FIND_NOTHING = 112, 54


@pytest.fixture
def whole(pipeline: Pipeline) -> list[Resource]:
    notifications = {"emails": ["ann@example.com"]}
    spec = DataPipelineSpec.model_validate({"notifications": notifications})
    return blueprint(spec, pipeline.scope)


def test_a_pipeline_lives_within_its_budget_of_calls(
    pipeline: Pipeline, whole: list[Resource]
) -> None:
    ids = [each.id for each in whole]
    with pipeline.cloud.recording() as calls:
        pipeline.converge(whole)
    assert len(calls) <= CALLS_TO_CREATE, sorted(calls)

    pipeline.engine.plan(pipeline.scope, whole, ids)  # asks for the URLs of queues, just once
    with pipeline.cloud.recording() as calls:
        steps = pipeline.engine.plan(pipeline.scope, whole, ids)
    assert [str(each) for each in steps if each.action is not Action.KEEP] == []
    assert mutations(calls) == []
    assert len(calls) <= CALLS_TO_FIND_NOTHING, sorted(calls)

    pipeline.converge([], ids)
    assert pipeline.actions([], ids) == {}
