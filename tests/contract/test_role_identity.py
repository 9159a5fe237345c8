"""Functions run on with a role that was deleted and created again, although it is another role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Function, Role
from dataflowxpress.blueprint import blueprint
from tests.contract.samples import with_all_it_needs

if TYPE_CHECKING:
    from tests.contract.conftest import Pipeline


@pytest.fixture
def functions(pipeline: Pipeline) -> list[Function]:
    wanted = blueprint(DataPipelineSpec(), pipeline.scope)
    pipeline.converge(wanted)
    return [each for each in wanted if isinstance(each, Function)]


def runs(pipeline: Pipeline, function: Function) -> bool:
    """Return whether the function handles an empty batch, as Lambda calls it."""
    batch = json.dumps({"Records": []})
    answer = pipeline.cloud.others("lambda").invoke(FunctionName=function.name, Payload=batch)
    return bool(json.load(answer["Payload"]) == {"batchItemFailures": []})


def delete(pipeline: Pipeline, role: Role) -> None:
    role.delete(pipeline.others_client(role), *role.key)


def test_a_role_that_the_operator_creates_again_serves_its_function(
    pipeline: Pipeline, functions: list[Function]
) -> None:
    for function in functions:
        delete(pipeline, function.role)
    wanted = with_all_it_needs(*functions)
    pipeline.converge(wanted, [each.id for each in wanted])
    assert all(runs(pipeline, function) for function in functions)


def test_a_role_that_somebody_creates_again_by_hand_serves_its_function(
    pipeline: Pipeline, functions: list[Function]
) -> None:
    for role in [function.role for function in functions]:
        delete(pipeline, role)
        role.create(pipeline.others_client(role), role.desired(), role.scope.all_tags)
    wanted = with_all_it_needs(*functions)
    assert pipeline.differences(wanted) == []
    assert all(runs(pipeline, function) for function in functions)


def test_variables_that_somebody_sets_are_removed_with_their_grant(
    pipeline: Pipeline, functions: list[Function]
) -> None:
    [function, *_] = functions
    pipeline.cloud.others("lambda").update_function_configuration(
        FunctionName=function.name, Environment={"Variables": {"MORE": "1"}}
    )
    delete(pipeline, function.role)
    wanted = with_all_it_needs(function)
    pipeline.converge(wanted, [each.id for each in wanted])
    assert pipeline.differences(wanted) == []
    assert runs(pipeline, function)
