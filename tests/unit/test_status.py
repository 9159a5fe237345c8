"""Status: what a pipeline says about itself, and when it says it."""

from datetime import UTC, datetime, timedelta

import pytest

from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.aws.resources import Subscription, Topic
from dataflowxpress.planning.plan import plan
from dataflowxpress.planning.step import Action, Outcome, Step
from dataflowxpress.reporting.conditions import ConditionUpdate, merge_conditions
from dataflowxpress.reporting.inventory import planned_resource_statuses, resource_statuses
from dataflowxpress.reporting.outcomes import conditions_of
from tests.unit.conftest import SCOPE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


DENIED = Problem(Reason.ACCESS_DENIED, "no", needs_person=True)
BLOCKED = Problem(Reason.BLOCKED, "waits for Queue/a")


def outcome(  # noqa: PLR0913 - each side of an outcome matters in some test
    name: str,
    action: Action = Action.KEEP,
    problem: Problem | None = None,
    *,
    kind: str = "Queue",
    waits_for: str = "",
    foreign: bool = False,
) -> Outcome:
    step = Step(Id(kind, (name,)), action, waits_for=waits_for, foreign=foreign)
    return Outcome(step, problem)


def condition(outcomes: list[Outcome], of: str, *, drifted: bool = False) -> ConditionUpdate:
    return next(fact for fact in conditions_of(outcomes, drifted=drifted) if fact.type == of)


def test_ready_counts_what_is_there() -> None:
    ready = condition([outcome("a"), outcome("b", Action.CREATE)], "Ready")
    assert (ready.holds, ready.reason, ready.message) == (
        True,
        "Converged",
        "2 resources are as specified",
    )


def test_ready_names_the_resource_that_failed_and_not_those_that_wait_for_it() -> None:
    failed = outcome("a", Action.CREATE, DENIED)
    ready = condition([failed, outcome("b", Action.CREATE, BLOCKED)], "Ready")
    assert (ready.holds, ready.reason, ready.message) == (False, "AccessDenied", "Queue/a: no")


def test_a_message_names_three_failures_and_counts_the_rest() -> None:
    failures = [outcome(name, Action.CREATE, DENIED) for name in "abcde"]
    message = condition(failures, "Ready").message
    assert message == "Queue/a: no; Queue/b: no; Queue/c: no; and 2 more"


def test_what_needs_a_person_stalls() -> None:
    assert condition([outcome("a", Action.CREATE, DENIED)], "Stalled").holds
    assert not condition([outcome("a")], "Stalled").holds


def test_what_waits_for_a_person_is_not_called_progress() -> None:
    failed = [outcome("a", Action.CREATE, DENIED), outcome("b", problem=DENIED)]
    assert condition(failed, "Stalled").holds
    assert not condition(failed, "Reconciling").holds


def test_what_aws_still_works_on_is_not_ready_but_reconciling() -> None:
    working = [outcome("a", waits_for="is being updated by AWS")]
    assert condition(working, "Ready").reason == "WaitingForAWS"
    assert condition(working, "Reconciling").holds


def test_an_unconfirmed_mail_address_does_not_hold_ready_back() -> None:
    waiting = [outcome("a@b.c", kind="Subscription", waits_for="has not confirmed")]
    assert condition(waiting, "Ready").holds
    confirmed = condition(waiting, "SubscriptionsConfirmed")
    assert (confirmed.holds, confirmed.reason) == (False, "PendingConfirmation")
    assert "a@b.c" in confirmed.message


def test_an_address_that_was_only_just_asked_has_not_confirmed() -> None:
    mail = Subscription(SCOPE, "a@b.c", topic=Topic(SCOPE, "orders"))
    asked = [Outcome(step) for step in plan(SCOPE, [mail], [], {mail.id: None})]
    assert not condition(asked, "SubscriptionsConfirmed").holds
    (line,) = resource_statuses(asked, Status())
    assert (line.state, line.message.partition(" ")[0]) == ("Pending", "a@b.c")


@pytest.mark.parametrize(
    ("result", "drifted", "reason"),
    [
        (outcome("a", Action.UPDATE), True, "Corrected"),
        (outcome("a", Action.UPDATE, DENIED), True, "Detected"),
        (outcome("a", Action.UPDATE), False, "NoDrift"),
        (outcome("a"), True, "NoDrift"),
    ],
    ids=["healed", "not healed", "a new spec is no drift", "nothing to do"],
)
def test_drift_is_a_change_to_what_was_applied(result: Outcome, drifted: bool, reason: str) -> None:
    assert condition([result], "Drifted", drifted=drifted).reason == reason


def test_a_transition_time_moves_only_when_the_status_changes() -> None:
    first = merge_conditions(
        Status(), [ConditionUpdate("Ready", holds=False, reason=Reason.CREATING)], NOON
    )
    later = NOON + timedelta(minutes=1)
    same = merge_conditions(first, [ConditionUpdate("Ready", False, Reason.ACCESS_DENIED)], later)
    other = merge_conditions(first, [ConditionUpdate("Ready", True, Reason.CONVERGED)], later)
    times = [
        ready.last_transition_time
        for s in (first, same, other)
        if (ready := s["Ready"]) is not None
    ]
    assert times == ["2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z", "2026-01-01T12:01:00Z"]


def test_the_inventory_excludes_resources_of_other_owners() -> None:
    outcomes = [outcome("a"), outcome("b", Action.REFUSE, DENIED, foreign=True)]
    status = Status(resources=resource_statuses(outcomes, Status()))
    assert [line.state for line in status.resources] == ["Ready", "Refused"]
    assert status.inventory == (Id("Queue", ("a",)),)


def test_the_inventory_keeps_what_could_not_be_deleted_and_forgets_what_was() -> None:
    outcomes = [
        outcome("gone", Action.DELETE),
        outcome("stuck", Action.DELETE, DENIED),
    ]
    lines = resource_statuses(outcomes, Status())
    assert [(line.name, line.state) for line in lines] == [("stuck", "Deleting")]


def test_before_the_first_write_the_inventory_is_what_was_and_what_will_be() -> None:
    before = Status(
        resources=(ResourceStatus(kind="Queue", name="old", key=("old",), state="Ready"),)
    )
    steps = [
        Step(Id("Queue", ("old",)), Action.DELETE),
        Step(Id("Queue", ("new",)), Action.CREATE),
        Step(Id("Queue", ("theirs",)), Action.REFUSE, foreign=True),
    ]
    assert [line.name for line in planned_resource_statuses(steps, before)] == ["old", "new"]


def test_a_status_survives_the_trip_to_kubernetes_and_back() -> None:
    status = merge_conditions(
        Status(resources=resource_statuses([outcome("a")], Status())),
        [ConditionUpdate("Ready", True, Reason.CONVERGED)],
        NOON,
    )
    assert Status.model_validate(status.as_json()) == status
