"""Plan: from what is wanted and what is there to steps in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.planning.ownership import ADOPTED_TAG, OWNER_TAG
from dataflowxpress.planning.plan import plan
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Action, Step

from .conftest import OTHER_SCOPE, SCOPE, Box, Lid, Safe

DENIED = Problem(Reason.ACCESS_DENIED, "no", needs_person=True)
OURS = {"Tags": SCOPE.all_tags}
ADOPTING = replace(SCOPE, adopt=True)
AS_IS = {"Size": 1, "Color": "grey", "Labels": {}}
BOX, LID, ROOT_LID = (
    Box(SCOPE, "a"),
    Lid(SCOPE, "top", box=Box(SCOPE, "a")),
    Lid(SCOPE, "b", box=None),
)


def steps(
    wanted: Sequence[Resource], have: Mapping[Id, Any], known: Sequence[Resource] = ()
) -> list[Step]:
    absent: dict[Id, Any] = dict.fromkeys(each.id for each in [*wanted, *known])
    return plan(SCOPE, wanted, [each.id for each in known], {**absent, **have})


ACTIONS = [
    pytest.param(BOX, None, Action.CREATE, id="absent: created"),
    pytest.param(BOX, {**AS_IS, **OURS}, Action.KEEP, id="as described: kept"),
    pytest.param(BOX, {**AS_IS, **OURS, "More": 1}, Action.KEEP, id="theirs to choose: kept"),
    pytest.param(BOX, {**AS_IS, **OURS, "Size": 2}, Action.UPDATE, id="different: updated"),
    pytest.param(
        BOX, {**AS_IS, "Tags": {OWNER_TAG: SCOPE.owner}}, Action.UPDATE, id="a tag gone: updated"
    ),
    pytest.param(BOX, {**AS_IS, **OURS, "Color": "red"}, Action.REPLACE, id="fixed: replaced"),
    pytest.param(
        Safe(SCOPE, "a"),
        {**AS_IS, **OURS, "Color": "red"},
        Action.REFUSE,
        id="fixed, with data in it: refused",
    ),
    pytest.param(BOX, {**AS_IS, "Tags": {}}, Action.REFUSE, id="nobody's: refused"),
    pytest.param(
        BOX,
        {**AS_IS, "Tags": OTHER_SCOPE.all_tags},
        Action.REFUSE,
        id="another pipeline's: refused",
    ),
    pytest.param(
        Box(SCOPE, "a", adopt=True), {**AS_IS, "Tags": {}}, Action.UPDATE, id="nobody's: adopted"
    ),
    pytest.param(
        Box(SCOPE, "a", adopt=True),
        {**AS_IS, "Tags": OTHER_SCOPE.all_tags},
        Action.REFUSE,
        id="another pipeline's: never adopted",
    ),
    pytest.param(
        Box(ADOPTING, "a"), {**AS_IS, "Tags": {}}, Action.UPDATE, id="nobody's: adopted with all"
    ),
    pytest.param(
        Box(ADOPTING, "a"),
        {**AS_IS, "Tags": OTHER_SCOPE.all_tags},
        Action.REFUSE,
        id="another pipeline's: not even adopted with all",
    ),
    pytest.param(
        Lid(ADOPTING, "b", box=None), {"Shape": "square"}, Action.UPDATE, id="no tags: adopted"
    ),
    pytest.param(BOX, DENIED, Action.REFUSE, id="unreadable: refused"),
    pytest.param(LID, {"Shape": "square"}, Action.UPDATE, id="its parent's owner owns it"),
    pytest.param(ROOT_LID, {"Shape": "round"}, Action.KEEP, id="no tags, the same: kept"),
    pytest.param(ROOT_LID, {"Shape": "square"}, Action.REFUSE, id="no tags, different: refused"),
]


@pytest.mark.parametrize(("resource", "have", "action"), ACTIONS)
def test_decides_by_what_is_there(resource: Resource, have: Any, action: Action) -> None:
    (step,) = steps([resource], {resource.id: have})
    assert step.action is action


def test_a_recorded_resource_is_updated_without_tags() -> None:
    (step,) = steps([ROOT_LID], {ROOT_LID.id: {"Shape": "square"}}, known=[ROOT_LID])
    assert step.action is Action.UPDATE


def test_steps_come_after_those_they_need() -> None:
    upper = Box(SCOPE, "upper", on=BOX)
    order = [step.id.name for step in steps([LID, upper, BOX], {})]
    assert order.index("a") < min(order.index("top"), order.index("upper"))


def test_what_is_no_longer_described_goes_latest_made_first() -> None:
    have = {BOX.id: {**AS_IS, **OURS}, LID.id: {"Shape": "round"}}
    base, top = steps([], have, known=[BOX, LID])
    assert {base.action, top.action} == {Action.DELETE}
    assert (base.id, set(base.needs)) == (BOX.id, {LID.id})
    assert (top.id, set(top.needs)) == (LID.id, set())


def test_a_retained_orphan_is_kept() -> None:
    have: dict[Id, Any] = {BOX.id: {**AS_IS, **OURS}, LID.id: {"Shape": "round"}}
    base, top = plan(SCOPE, [], [BOX.id, LID.id], have, retain=lambda each: each == BOX.id)
    assert (base.action, base.reason) == (Action.KEEP, "is no longer in the spec, and is retained")
    assert base.arn == BOX.arn
    assert top.action is Action.DELETE


def test_work_may_end_as_long_as_the_pipeline_lives() -> None:
    have: dict[Id, Any] = {BOX.id: {**AS_IS, **OURS}, LID.id: {"Shape": "round"}}
    _, renamed = plan(SCOPE, [BOX], [BOX.id, LID.id], have)
    assert renamed.graceful
    deleted = plan(SCOPE, [], [BOX.id, LID.id], have)
    assert not any(step.graceful for step in deleted)


def test_tags_that_the_spec_dropped_go_and_those_of_others_stay() -> None:
    scope = replace(SCOPE, tags={}, retired_tags=frozenset({"team"}))
    have = {**AS_IS, "Tags": {**SCOPE.all_tags, "cost": "4711"}}
    (step,) = steps([replace(BOX, scope=scope)], {BOX.id: have})
    assert [str(change) for change in step.changes] == ['Tags.team: "data" -> (none)']


def test_what_is_already_gone_needs_no_step() -> None:
    assert steps([], {}, known=[BOX]) == []


def test_what_lost_our_mark_is_left_alone() -> None:
    (step,) = steps([], {BOX.id: {**AS_IS, "Tags": OTHER_SCOPE.all_tags}}, known=[BOX])
    assert (step.action, step.action.writes) == (Action.LEAVE, False)


def test_what_was_adopted_is_deleted_only_with_consent() -> None:
    safe = Safe(SCOPE, "a")
    have: dict[Id, Any] = {safe.id: {**AS_IS, "Tags": {**SCOPE.all_tags, ADOPTED_TAG: "true"}}}
    (step,) = plan(SCOPE, [], [safe.id], have)
    assert step.action is Action.LEAVE
    assert "set spec.deleteAdopted" in step.reason
    (step,) = plan(replace(SCOPE, delete_adopted=True), [], [safe.id], have)
    assert step.action is Action.DELETE


def test_what_cannot_be_read_is_not_deleted_blindly() -> None:
    (step,) = steps([], {BOX.id: DENIED}, known=[BOX])
    assert (step.action, step.problem) == (Action.REFUSE, DENIED)


def test_a_kept_resource_reports_what_it_waits_for() -> None:
    (step,) = steps([BOX], {BOX.id: {**AS_IS, **OURS, "Open": True}})
    assert (step.action, step.waits_for) == (Action.KEEP, "somebody to close it")


def test_a_step_reads_as_sign_resource_and_changes() -> None:
    (step,) = steps([Box(SCOPE, "a", size=3)], {BOX.id: {**AS_IS, **OURS}})
    assert str(step) == "~ Box/a\n    Size: 1 -> 3"


def test_a_refusal_says_whose_it_is() -> None:
    (step,) = steps([BOX], {BOX.id: {**AS_IS, "Tags": OTHER_SCOPE.all_tags}})
    assert "! Box/a  (exists and belongs to pipeline demo/other: choose another" in str(step)
