"""Fence: what a refused resource stops, and what the pipeline loses on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.aws.engine import Engine
from dataflowxpress.planning.plan import plan
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.inventory import planned_resource_statuses, resource_statuses

from .conftest import OTHER_SCOPE, SCOPE, Box, Lid, Memory, Pass, Safe

OURS, THEIRS = {"Tags": SCOPE.all_tags}, {"Tags": OTHER_SCOPE.all_tags}
AS_IS = {"Size": 1, "Color": "grey", "Labels": {}}
SAFE, BOX = Safe(SCOPE, "safe"), Box(SCOPE, "box")
LID = Lid(SCOPE, "top", box=BOX)
DENIED = Problem(Reason.ACCESS_DENIED, "no", needs_person=True)


def steps(
    wanted: Sequence[Resource], have: Mapping[Id, Any], known: Sequence[Resource] = ()
) -> dict[str, Step]:
    absent: dict[Id, Any] = dict.fromkeys(each.id for each in [*wanted, *known])
    planned = plan(SCOPE, wanted, [each.id for each in known], {**absent, **have})
    return {step.id.name: step for step in planned}


def test_nothing_is_written_while_a_critical_resource_is_refused() -> None:
    planned = steps([SAFE, BOX, LID], {SAFE.id: {**AS_IS, **THEIRS}})
    assert planned["safe"].action is Action.REFUSE
    assert {planned[name].held_by for name in ("box", "top")} == {frozenset({SAFE.id})}


def test_a_critical_resource_that_cannot_be_read_is_refused_until_it_is_known() -> None:
    assert steps([SAFE, BOX], {SAFE.id: DENIED})["box"].held_by
    assert not steps([SAFE, BOX], {SAFE.id: DENIED}, known=[SAFE])["box"].held_by


def test_other_resources_are_written_while_one_that_holds_no_data_is_refused() -> None:
    other = Box(SCOPE, "other")
    planned = steps([BOX, other], {BOX.id: {**AS_IS, **THEIRS}})
    assert not planned["other"].held_by


def test_permission_on_a_refused_resource_is_not_written() -> None:
    badge = Pass(SCOPE, "badge", permits=(BOX,))
    planned = steps([BOX, badge], {BOX.id: {**AS_IS, **THEIRS}})
    assert planned["badge"].held_by == {BOX.id}


def test_existing_permission_on_a_refused_resource_is_removed_and_none_is_added() -> None:
    more = Box(SCOPE, "more")
    badge = Pass(SCOPE, "badge", permits=(SAFE, more))
    have = {**AS_IS, **OURS, "Labels": {"safe": "use", "old": "use"}}
    narrowed = steps([SAFE, more, badge], {SAFE.id: {**AS_IS, **THEIRS}, badge.id: have})["badge"]
    assert [str(change) for change in narrowed.changes] == ['Labels.safe: "use" -> (none)']
    assert narrowed.action is Action.UPDATE
    assert not narrowed.needs | narrowed.held_by
    assert "loses its permissions on Safe/safe" in str(narrowed)


def test_a_permission_that_reaches_nothing_refused_stays() -> None:
    badge = Pass(SCOPE, "badge", permits=(SAFE,))
    have = {**AS_IS, **OURS, "Labels": {"old": "use"}}
    held = steps([SAFE, badge], {SAFE.id: {**AS_IS, **THEIRS}, badge.id: have})["badge"]
    assert held.held_by == {SAFE.id}


def test_what_holds_data_is_owned_before_anything_is_permitted_on_it() -> None:
    badge = Pass(SCOPE, "badge", permits=(SAFE, BOX))
    assert steps([SAFE, BOX, badge], {})["badge"].needs == {SAFE.id}


def test_a_child_of_a_foreign_parent_is_foreign_even_if_it_is_as_specified() -> None:
    for shape in ("round", "square"):
        have = {BOX.id: {**AS_IS, **THEIRS}, LID.id: {"Shape": shape}}
        for known in ([], [LID]):
            child = steps([BOX, LID], have, known=known)["top"]
            assert (child.action, child.foreign, child.changes) == (Action.REFUSE, True, ())
            assert child.refusal.message == "belongs to Box/box, which is refused"


def test_an_orphan_without_tags_is_deleted_only_if_its_parent_is_owned() -> None:
    lid = {LID.id: {"Shape": "round"}}
    actions = {
        "owned": steps([], {**lid, BOX.id: {**AS_IS, **OURS}}, known=[LID])["top"].action,
        "foreign": steps([], {**lid, BOX.id: {**AS_IS, **THEIRS}}, known=[LID])["top"].action,
        "absent": steps([], {**lid, BOX.id: None}, known=[LID])["top"].action,
        "unreadable": steps([], {**lid, BOX.id: DENIED}, known=[LID])["top"].action,
    }
    assert actions == {
        "owned": Action.DELETE,
        "foreign": Action.LEAVE,
        "absent": Action.LEAVE,
        "unreadable": Action.REFUSE,
    }


def test_the_parent_of_an_orphan_is_observed_although_the_pipeline_never_owned_it(
    memory: Memory,
) -> None:
    memory.things = {BOX.key: dict(AS_IS), LID.key: {"Shape": "round"}}
    memory.tags[BOX.arn] = OTHER_SCOPE.all_tags
    engine = Engine(memory.client)
    engine.apply(engine.plan(SCOPE, [], [LID.id]))
    assert memory.writes == []


def test_a_refused_pipeline_records_nothing_that_it_has_not_created(memory: Memory) -> None:
    memory.things = {SAFE.key: dict(AS_IS)}
    memory.tags[SAFE.arn] = OTHER_SCOPE.all_tags
    engine = Engine(memory.client)
    planned = engine.plan(SCOPE, [SAFE, BOX, LID])
    status = Status(resources=planned_resource_statuses(planned, Status()))
    assert status.inventory == ()
    outcomes = engine.apply(planned)
    assert memory.writes == []
    status = Status(resources=resource_statuses(outcomes, status))
    assert (status.inventory, [each.state for each in status.resources]) == ((), ["Refused"])


def test_a_resource_that_was_refused_is_recorded_before_it_is_created() -> None:
    was = ResourceStatus(kind="Box", name="box", key=BOX.key, state="Refused")
    (step,) = steps([BOX], {}).values()
    recorded = Status(resources=planned_resource_statuses([step], Status(resources=(was,))))
    assert recorded.inventory == (BOX.id,)


def test_a_resource_that_needs_no_change_is_ready_while_another_fails(memory: Memory) -> None:
    upper = Box(SCOPE, "upper", on=BOX)
    memory.things = {upper.key: dict(AS_IS)}
    memory.tags[upper.arn] = SCOPE.all_tags
    memory.failures["create box"] = [ValueError("no")]
    engine = Engine(memory.client)
    failed, kept = engine.apply(engine.plan(SCOPE, [BOX, upper], [upper.id]))
    assert failed.problem
    assert (kept.step.action, kept.problem) == (Action.KEEP, None)


def test_a_blocked_step_names_the_cause_and_not_the_steps_between(memory: Memory) -> None:
    middle = Box(SCOPE, "middle", on=BOX)
    top = Box(SCOPE, "upper", on=middle)
    memory.failures["create box"] = [ValueError("no")]
    outcomes = Engine(memory.client).apply(Engine(memory.client).plan(SCOPE, [BOX, middle, top]))
    assert outcomes[-1].problem
    assert outcomes[-1].problem.message == "waits for Box/box"
