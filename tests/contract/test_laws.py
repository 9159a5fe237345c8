"""The laws that hold for every kind of resource."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.aws import resources
from dataflowxpress.aws.resources import LogGroup
from dataflowxpress.aws.tags import TAGGERS
from dataflowxpress.planning.diff import diff
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Action
from tests.contract.conftest import mutations
from tests.contract.samples import SAMPLES, with_all_it_needs

if TYPE_CHECKING:
    from tests.contract.conftest import Pipeline

KINDS = sorted(resources.__all__)
TAGGED = [kind for kind in KINDS if Resource.kinds[kind].arn_format]
CHANGES = [(kind, field) for kind in KINDS for field in SAMPLES[kind].changes]
DEPENDENTS = [
    (kind, next(other for other in KINDS if kind in Resource.kinds[other].may_need()))
    for kind in TAGGED
    if any(kind in Resource.kinds[other].may_need() for other in KINDS)
]

of_every_kind = pytest.mark.parametrize("kind", KINDS)


def test_all_kinds_are_exported() -> None:
    made_here = {
        name
        for name, kind in Resource.kinds.items()
        if kind.__module__.startswith(resources.__name__)
    }
    assert made_here == set(KINDS)


@of_every_kind
def test_has_a_sample_that_changes_each_of_its_fields(kind: str) -> None:
    sample = SAMPLES[kind]
    own = {field.name for field in fields(Resource.kinds[kind])} - {"scope", "name", "_", "adopt"}
    assert own == sample.changes.keys() | sample.fixed


@of_every_kind
def test_law_1_after_an_apply_the_plan_is_empty(pipeline: Pipeline, name: str, kind: str) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    assert pipeline.differences(wanted) == []


@of_every_kind
def test_law_2_nothing_is_written_when_nothing_changes(
    pipeline: Pipeline, name: str, kind: str
) -> None:
    wanted = described(pipeline, name, kind)
    with pipeline.cloud.recording() as calls:
        pipeline.engine.plan(pipeline.scope, wanted)
    assert mutations(calls) == []
    pipeline.converge(wanted)
    with pipeline.cloud.recording() as calls:
        pipeline.converge(wanted)
    assert mutations(calls) == []


@pytest.mark.parametrize(("kind", "field"), CHANGES)
def test_law_3_a_changed_field_converges(
    pipeline: Pipeline, name: str, kind: str, field: str
) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    value = SAMPLES[kind].changes[field]
    new = value(pipeline.scope, name) if callable(value) else value
    changed: Any = replace(wanted[-1], **{field: new})
    now, known = with_all_it_needs(changed), [each.id for each in wanted]
    differing = {change.path[0] for change in diff(changed.desired(), wanted[-1].desired())}
    action = Action.REPLACE if differing & changed.immutable else Action.UPDATE
    assert pipeline.actions(now, known)[changed.id] is action
    pipeline.converge(now, [changed.id])
    assert pipeline.differences(now) == []


@of_every_kind
def test_law_3_what_others_changed_is_healed(pipeline: Pipeline, name: str, kind: str) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    SAMPLES[kind].meddle(pipeline.others_client(wanted[-1]), wanted[-1])
    assert pipeline.actions(wanted, [wanted[-1].id])[wanted[-1].id] is not Action.KEEP
    pipeline.converge(wanted, [each.id for each in wanted])
    assert pipeline.differences(wanted) == []


@pytest.mark.parametrize("kind", TAGGED)
def test_law_3_tags_that_others_changed_are_healed(
    pipeline: Pipeline, name: str, kind: str
) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    retagged = replace(pipeline, scope=replace(pipeline.scope, tags={"team": "other"}))
    now = described(retagged, name, kind)
    assert retagged.actions(now)[now[-1].id] is Action.UPDATE
    retagged.converge(now)
    assert retagged.differences(now) == []


@pytest.mark.parametrize("kind", TAGGED)
def test_law_3_tags_that_the_spec_dropped_go_and_those_of_others_stay(
    pipeline: Pipeline, name: str, kind: str
) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    theirs = pipeline.others_client(wanted[-1])
    TAGGERS[wanted[-1].service].write(theirs, wanted[-1].arn, {"cost": "4711"})
    scope = replace(pipeline.scope, tags={}, retired_tags=frozenset({"team"}))
    untagged = replace(pipeline, scope=scope)
    now = described(untagged, name, kind)
    untagged.converge(now)
    assert untagged.differences(now) == []
    left = TAGGERS[now[-1].service].read(theirs, now[-1].arn)
    assert "team" not in left
    assert left["cost"] == "4711"


@of_every_kind
def test_law_3_what_others_deleted_comes_back(pipeline: Pipeline, name: str, kind: str) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    gone = wanted[-1]
    gone.delete(pipeline.others_client(gone), *gone.key)
    assert pipeline.actions(wanted)[gone.id] is Action.CREATE
    pipeline.converge(wanted)
    assert pipeline.differences(wanted) == []


@of_every_kind
def test_law_4_deleting_leaves_nothing_and_may_be_repeated(
    pipeline: Pipeline, name: str, kind: str
) -> None:
    wanted = described(pipeline, name, kind)
    ids = [each.id for each in wanted]
    pipeline.converge(wanted)
    steps = pipeline.engine.plan(pipeline.scope, [], ids)
    assert {step.action for step in steps} == {Action.DELETE}
    for _ in range(2):
        assert [outcome.problem for outcome in pipeline.engine.apply(steps)] == [None] * len(ids)
        assert set(pipeline.states(wanted).values()) == {None}


@of_every_kind
def test_law_5_what_is_a_strangers_is_refused_and_stays_as_it_is(
    pipeline: Pipeline, stranger: Pipeline, name: str, kind: str
) -> None:
    theirs = described(stranger, name, kind)
    stranger.converge(theirs)
    SAMPLES[kind].meddle(stranger.others_client(theirs[-1]), theirs[-1])
    before = completed(stranger, theirs)
    *needed, its = described(pipeline, name, kind)
    ours = [*needed, replace(its, name=theirs[-1].name)]  # also where a name shows the owner
    unrelated = LogGroup(pipeline.scope, f"/dataflowxpress/{name}-unrelated")
    outcomes = {o.step.id: o.problem for o in pipeline.apply([*ours, unrelated])}
    assert _reason(outcomes[ours[-1].id]) in {Reason.REFUSED, Reason.BLOCKED}
    refused = {each.id for each in ours if _reason(outcomes[each.id]) is Reason.REFUSED}
    critical = any(Resource.kinds[i.kind].critical for i in refused)
    assert _reason(outcomes[unrelated.id]) is (Reason.BLOCKED if critical else None)
    assert stranger.states(theirs) == before


@pytest.mark.parametrize(("kind", "dependent"), DEPENDENTS)
def test_law_5_dependents_of_a_strangers_resource_wait(
    pipeline: Pipeline, stranger: Pipeline, name: str, kind: str, dependent: str
) -> None:
    ours = described(pipeline, name, dependent)
    taken = next(need for need in ours[-1].needs if type(need).__name__ == kind)
    stranger.converge(with_all_it_needs(replace(taken, scope=stranger.scope)))
    outcomes = {o.step.id: o.problem for o in pipeline.apply(ours)}
    assert _reason(outcomes[taken.id]) is Reason.REFUSED
    assert _reason(outcomes[ours[-1].id]) is Reason.BLOCKED
    assert str(taken.id) in str(outcomes[ours[-1].id])
    assert pipeline.states([ours[-1]]) == {ours[-1].id: None}


def _reason(problem: Problem | None) -> Reason | None:
    return problem and problem.reason


def completed(pipeline: Pipeline, wanted: list[Resource]) -> dict[Id, Any]:
    """Return the states after AWS has completed all changes, which Lambda does in its own time."""
    while True:
        states = pipeline.states(wanted)
        changing = (
            state and Resource.kinds[which.kind].is_in_progress(state)
            for which, state in states.items()
        )
        if not any(changing):
            return states


def described(pipeline: Pipeline, name: str, kind: str) -> list[Resource]:
    """Return the sample of a kind after all that it needs."""
    return with_all_it_needs(SAMPLES[kind].make(pipeline.scope, name))
