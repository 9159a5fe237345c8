"""Engine: reads all at once, writes along the graph, and knows what time heals."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.aws.engine import Engine
from dataflowxpress.aws.errors import problem
from dataflowxpress.planning.resource import Resource, State, Tags
from dataflowxpress.planning.step import Action, Outcome

from .conftest import OTHER_SCOPE, SCOPE, Box, Lid, Slow, aws_error

if TYPE_CHECKING:
    from .conftest import Memory

BOX = Box(SCOPE, "a")
THROTTLED = aws_error("ThrottlingException", "Rate exceeded")


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def engine(memory: Memory, pauses: list[float]) -> Engine:
    return Engine(memory.client, retry_budget=10, sleep=pauses.append)


def reconcile(
    engine: Engine, wanted: Sequence[Resource], known: Sequence[Id] = ()
) -> dict[str, Outcome]:
    outcomes = engine.apply(engine.plan(SCOPE, wanted, known))
    return {outcome.step.id.name: outcome for outcome in outcomes}


def test_makes_what_is_described_and_then_has_nothing_to_do(engine: Engine, memory: Memory) -> None:
    wanted = [BOX, Lid(SCOPE, "top", box=BOX)]
    assert [each.problem for each in reconcile(engine, wanted).values()] == [None, None]
    assert {step.action for step in engine.plan(SCOPE, wanted)} == {Action.KEEP}
    memory.journal.clear()
    reconcile(engine, wanted)
    assert memory.writes == []


def test_a_plan_reads_each_resource_once_and_the_tags_in_one_call(
    engine: Engine, memory: Memory
) -> None:
    wanted = [Box(SCOPE, f"box-{n}") for n in range(20)]
    reconcile(engine, wanted)
    memory.journal.clear()
    engine.plan(SCOPE, wanted)
    assert sorted(memory.journal) == sorted(
        ["page get_resources", *(f"read {each.name}" for each in wanted)]
    )


def test_tags_are_asked_for_one_by_one_where_the_bulk_answer_lags(
    engine: Engine, memory: Memory
) -> None:
    reconcile(engine, [BOX])
    memory.lags = True
    (step,) = engine.plan(SCOPE, [BOX])
    assert step.action is Action.KEEP
    assert f"tags {BOX.arn}" in memory.journal


def test_tags_are_asked_for_one_by_one_where_the_bulk_question_is_forbidden(
    engine: Engine, memory: Memory, caplog: pytest.LogCaptureFixture
) -> None:
    reconcile(engine, [BOX])
    memory.failures["page get_resources"] = [aws_error("AccessDenied", "tag:GetResources")]
    (step,) = engine.plan(SCOPE, [BOX])
    assert step.action is Action.KEEP
    assert "reading tags one by one: Do: AccessDenied: tag:GetResources" in caplog.text


def test_changed_tags_are_written_without_touching_the_rest(engine: Engine, memory: Memory) -> None:
    reconcile(engine, [BOX])
    memory.journal.clear()
    reconcile(engine, [Box(replace(SCOPE, tags={"team": "other"}), "a")])
    assert memory.writes == [f"tag {BOX.arn}"]


def test_an_update_is_told_what_changed(engine: Engine, memory: Memory) -> None:
    reconcile(engine, [BOX])
    memory.things[BOX.key]["Labels"] = {"theirs": "1"}
    reconcile(engine, [BOX])
    assert memory.things[BOX.key] == dict(BOX.desired())


def test_what_cannot_change_in_place_is_made_anew(engine: Engine, memory: Memory) -> None:
    reconcile(engine, [BOX])
    memory.journal.clear()
    assert reconcile(engine, [Box(SCOPE, "a", color="red")])["a"].problem is None
    assert memory.writes == ["delete a", "create a", "update a"]


def test_what_time_heals_is_tried_again_with_growing_pauses(
    engine: Engine, memory: Memory, pauses: list[float]
) -> None:
    lid = Lid(SCOPE, "top", box=None)
    memory.failures["create top"] = [THROTTLED] * 3
    assert reconcile(engine, [lid])["top"].problem is None
    assert pauses == pytest.approx([0.2, 0.4, 0.8])


def test_patience_ends_with_the_error_itself(
    engine: Engine, memory: Memory, pauses: list[float]
) -> None:
    memory.failures["create top"] = [THROTTLED] * 99
    assert reconcile(engine, [Lid(SCOPE, "top", box=None)])["top"].problem == problem(THROTTLED)
    assert 10 <= sum(pauses) < 20


def test_patience_outlasts_the_name_of_a_deleted_queue_and_a_role_that_spreads(
    memory: Memory, pauses: list[float]
) -> None:
    """AWS keeps a queue's name for 60 seconds; roles are known everywhere well within 120."""
    memory.failures["create top"] = [aws_error("QueueDeletedRecently")] * 99
    engine = Engine(memory.client, sleep=pauses.append)
    assert reconcile(engine, [Lid(SCOPE, "top", box=None)])["top"].problem is not None
    assert 120 <= sum(pauses) < 150


def test_what_time_does_not_heal_fails_at_once(
    engine: Engine, memory: Memory, pauses: list[float]
) -> None:
    memory.failures["create top"] = [aws_error("ValidationException")]
    assert reconcile(engine, [Lid(SCOPE, "top", box=None)])["top"].problem is not None
    assert pauses == []


def test_what_aws_goes_on_with_is_awaited_before_anything_stands_on_it(
    engine: Engine, memory: Memory, pauses: list[float]
) -> None:
    slow = Slow(SCOPE, "a", size=3)
    reconcile(engine, [slow, Lid(SCOPE, "top", box=slow)])
    assert pauses == pytest.approx([0.5, 1, 2, 4])
    assert memory.journal[-1] == "create top"
    assert memory.things[slow.key]["Looks"] == 4


class Prompt(Slow):
    """A box whose creation its response shows as complete."""

    def create(self, client: Memory, want: State, tags: Tags) -> State:
        super().create(client, want, tags)
        return {**want, "Looks": self.size}


def test_a_creation_that_its_response_shows_as_complete_is_not_read_again(
    engine: Engine, memory: Memory, pauses: list[float]
) -> None:
    prompt = Prompt(SCOPE, "a", size=3)
    assert reconcile(engine, [prompt])["a"].problem is None
    assert pauses == []
    assert "Looks" not in memory.things[prompt.key]


def test_what_aws_never_finishes_is_awaited_no_longer_than_patience_lasts(
    engine: Engine, pauses: list[float]
) -> None:
    assert reconcile(engine, [Slow(SCOPE, "a", size=99)])["a"].problem is None
    assert 10 <= sum(pauses) < 20


def test_a_creation_that_got_half_way_is_taken_up_where_it_stopped(
    engine: Engine, memory: Memory
) -> None:
    memory.failures["update a"] = [THROTTLED]
    outcome = reconcile(engine, [BOX])["a"]
    assert (outcome.step.action, outcome.problem) == (Action.CREATE, None)
    assert memory.writes == ["create a", "update a", "update a"]


def test_dependents_of_a_failure_wait_and_the_rest_goes_on(engine: Engine, memory: Memory) -> None:
    memory.failures["create a"] = [aws_error("ValidationException", "no")]
    upper, other = Box(SCOPE, "upper", on=BOX), Box(SCOPE, "other")
    outcomes = reconcile(engine, [BOX, upper, Lid(SCOPE, "top", box=upper), other])
    assert outcomes["other"].problem is None
    assert outcomes["upper"].problem == Problem(Reason.BLOCKED, "waits for Box/a")
    assert _is_blocked(outcomes["top"])
    assert not {("upper",), ("upper", "top")} & memory.things.keys()


def test_a_strangers_resource_is_refused_and_not_touched(engine: Engine, memory: Memory) -> None:
    reconcile(engine, [Box(OTHER_SCOPE, "a", size=7)])
    memory.journal.clear()
    outcome = reconcile(engine, [BOX])["a"]
    assert outcome.problem
    assert outcome.problem.reason is Reason.REFUSED
    assert "exists and belongs to pipeline demo/other: choose another" in outcome.problem.message
    assert memory.writes == []


@pytest.mark.parametrize("change", [{"size": 2}, {"color": "red"}], ids=["change", "replace"])
def test_of_two_that_take_over_the_same_at_once_the_later_is_told_whose_it_is(
    engine: Engine, memory: Memory, change: dict[str, Any]
) -> None:
    ours, theirs = (Box(here, "a", adopt=True, **change) for here in (SCOPE, OTHER_SCOPE))
    memory.things[ours.key] = {"Size": 1, "Color": "grey", "Labels": {}}
    steps = engine.plan(SCOPE, [ours]) + engine.plan(OTHER_SCOPE, [theirs])  # neither sees an owner
    first, later = (outcome for step in steps for outcome in engine.apply([step]))
    assert first.problem is None
    assert later.problem
    assert later.problem.message.startswith("exists and belongs to pipeline demo/orders")
    assert (later.step.action, later.step.foreign) == (Action.REFUSE, True)
    assert memory.tags[ours.arn]["dataflowxpress.io/pipeline"] == "demo/orders"


def test_an_error_while_reading_is_the_outcome_of_the_step(engine: Engine, memory: Memory) -> None:
    denied = aws_error("AccessDenied")
    memory.failures["read a"] = [denied]
    assert reconcile(engine, [BOX])["a"].problem == problem(denied)


def test_everything_goes_when_nothing_is_wanted_and_goes_again(
    engine: Engine, memory: Memory
) -> None:
    wanted = [BOX, Box(SCOPE, "upper", on=BOX)]
    reconcile(engine, wanted)
    steps = engine.plan(SCOPE, [], [each.id for each in wanted])
    assert [each.problem for each in engine.apply(steps)] == [None, None]
    assert memory.writes[-2:] == ["delete upper", "delete a"]
    assert memory.things == {}
    assert [each.problem for each in engine.apply(steps)] == [None, None]


def test_a_failed_deletion_holds_back_what_it_stands_on(engine: Engine, memory: Memory) -> None:
    wanted = [BOX, Box(SCOPE, "upper", on=BOX)]
    reconcile(engine, wanted)
    memory.failures["delete upper"] = [aws_error("AccessDenied")]
    outcomes = reconcile(engine, [], [each.id for each in wanted])
    assert _is_blocked(outcomes["a"])
    assert BOX.key in memory.things


def test_independent_steps_run_at_the_same_time(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(8, timeout=10)

    def create(self: Lid, client: Any, want: State, tags: Tags) -> None:  # noqa: ARG001
        together.wait()

    monkeypatch.setattr(Lid, "create", create)
    wanted = [Lid(SCOPE, f"lid-{n}", box=None) for n in range(8)]
    outcomes = reconcile(Engine(memory.client, workers=8), wanted)
    assert [each.problem for each in outcomes.values()] == [None] * 8


def _is_blocked(outcome: Outcome) -> bool:
    return outcome.problem is not None and outcome.problem.reason is Reason.BLOCKED
