"""Agenda: when a pipeline is looked at, and how retries thin out."""

from __future__ import annotations

import time

import pytest

from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.status import Status
from dataflowxpress.controller.reconciler import Report
from dataflowxpress.controller.workqueue import (
    BUSY_LOOK,
    FIRST_RETRY,
    IDLE_LOOK,
    LONGEST_RETRY,
    STARVED,
    STUCK,
    Agenda,
    backoff,
)
from tests.unit.conftest import Clock

UID = "some-uid"
ORDERS = Reference("shop", "orders", UID, 1)
OTHERS = Reference("shop", "others", "another", 1)


@pytest.fixture
def agenda(clock: Clock) -> Agenda:
    """An agenda that has seen a pipeline, and nothing to do with it."""
    agenda = Agenda(clock=clock)
    with agenda.work(ORDERS):
        return agenda


def report(*, settled: bool = True, busy: bool = False) -> Report:
    return Report(Status(), settled=settled, resync=600, busy=busy)


def test_a_pipeline_that_has_not_begun_is_never_due(agenda: Agenda, clock: Clock) -> None:
    clock.now = 1e9
    assert agenda.due(UID) == ""


def test_after_a_restart_pipelines_begin_within_the_given_time(
    agenda: Agenda, clock: Clock
) -> None:
    agenda.start(ORDERS, within=10)
    clock.now = 10
    assert agenda.due(UID) == "resync"


def test_after_a_restart_pipelines_do_not_begin_all_at_once(agenda: Agenda, clock: Clock) -> None:
    for number in range(200):
        agenda.start(Reference("shop", f"orders-{number}", f"uid-{number}", 1), within=10)
    for second in (2, 5, 8):
        clock.now = second
        assert abs(agenda.depth() - 20 * second) < 40


def test_everything_is_compared_again_after_the_resync_interval(
    agenda: Agenda, clock: Clock
) -> None:
    agenda.note(UID, report(), resynced=True)
    clock.now = 600 * 0.89
    assert agenda.due(UID) == "look"
    clock.now = 600 * 1.11
    assert agenda.due(UID) == "resync"


@pytest.mark.parametrize(("busy", "seconds"), [(True, BUSY_LOOK), (False, IDLE_LOOK)])
def test_data_on_the_move_is_looked_at_more_often(
    agenda: Agenda, clock: Clock, busy: bool, seconds: float
) -> None:
    agenda.note(UID, report(busy=busy), resynced=True)
    clock.now = seconds - 0.1
    assert agenda.due(UID) == ""
    clock.now = seconds
    assert agenda.due(UID) == "look"


def test_a_look_does_not_put_off_the_next_comparison(agenda: Agenda, clock: Clock) -> None:
    agenda.note(UID, report(), resynced=True)
    clock.now = 500
    agenda.note(UID, report(), resynced=False)
    clock.now = 661
    assert agenda.due(UID) == "resync"


def test_failures_are_tried_again_later_each_time_but_for_ever(
    agenda: Agenda, clock: Clock
) -> None:
    waits = []
    for _ in range(12):
        began = clock.now
        agenda.note(UID, report(settled=False), resynced=True)
        while agenda.due(UID) != "resync":
            clock.now += 0.5
        waits.append(clock.now - began)
    assert waits[0] < 10
    assert waits[3] > waits[0]
    assert max(waits) <= LONGEST_RETRY * 1.2 + 1


def test_looks_that_fail_do_not_put_off_the_next_try(agenda: Agenda, clock: Clock) -> None:
    agenda.note(UID, report(settled=False), resynced=True)
    while agenda.due(UID) != "resync":
        clock.now += 0.5
        agenda.note(UID, report(settled=False), resynced=False)
        assert clock.now < 10


def test_success_ends_the_thinning_out(agenda: Agenda, clock: Clock) -> None:
    for _ in range(8):
        agenda.fail(UID, resynced=True)
    agenda.note(UID, report(), resynced=True)
    agenda.fail(UID, resynced=True)
    clock.now = 7
    assert agenda.due(UID) == "resync"


def test_work_that_does_not_end_is_stuck_and_named(agenda: Agenda, clock: Clock) -> None:
    with agenda.work(ORDERS):
        clock.now = STUCK
        assert not agenda.stuck()
        clock.now = STUCK + 1
        assert "shop/orders" in agenda.stuck()
    assert not agenda.stuck()


def test_work_that_gets_on_may_take_as_long_as_it_likes(agenda: Agenda, clock: Clock) -> None:
    with agenda.work(ORDERS) as get_on:
        agenda.start(OTHERS, within=0)
        assert agenda.due(OTHERS.uid)
        for _ in range(100):
            clock.now += STARVED
            get_on()
            assert not agenda.stuck()
        clock.now += STUCK + 1
        assert "has not got on for 1801 s" in agenda.stuck()


def test_pipelines_that_nobody_takes_up_while_no_work_ends_are_stuck(
    agenda: Agenda, clock: Clock
) -> None:
    agenda.start(ORDERS, within=0)
    assert agenda.due(UID)
    clock.now = STARVED + 1
    assert "pipelines that wait: 1" in agenda.stuck()
    with agenda.work(OTHERS):
        pass
    assert not agenda.stuck()  # a long queue is no standstill


def test_a_pipeline_that_is_gone_waits_for_nobody(agenda: Agenda, clock: Clock) -> None:
    agenda.start(ORDERS, within=0)
    assert agenda.due(UID)
    agenda.forget(UID)
    clock.now = STARVED + 1
    assert not agenda.stuck()


def test_to_begin_with_a_pipeline_again_changes_nothing(agenda: Agenda, clock: Clock) -> None:
    agenda.note(UID, report(), resynced=True)
    agenda.start(ORDERS, within=0)
    clock.now = 1
    assert agenda.due(UID) == ""


def test_a_pipeline_that_is_due_is_claimed_once_until_it_was_worked_on(
    agenda: Agenda, clock: Clock
) -> None:
    agenda.start(OTHERS, within=0)
    clock.now = 1
    agenda.ask(ORDERS)
    assert agenda.claim() == [OTHERS, ORDERS]  # who has waited longest comes first
    assert agenda.claim() == []
    assert agenda.depth() == 2
    with agenda.work(ORDERS):
        assert agenda.depth() == 1
        agenda.note(UID, report(), resynced=True)
    assert agenda.claim() == []
    clock.now = 1 + 600 * 1.1
    assert agenda.claim() == [ORDERS]


def test_news_that_comes_while_one_works_on_the_pipeline_is_worked_on_next(agenda: Agenda) -> None:
    with agenda.work(ORDERS):
        changed = ORDERS._replace(generation=2)
        agenda.ask(changed)
        assert agenda.claim() == []
        agenda.note(UID, report(), resynced=True)
    assert agenda.claim() == [changed]
    with agenda.work(changed):
        agenda.note(UID, report(), resynced=True)
    assert agenda.claim() == []


def test_what_is_asked_for_ends_the_wait(agenda: Agenda) -> None:
    agenda.ask(ORDERS)
    began = time.monotonic()
    agenda.wait(60)
    assert time.monotonic() - began < 60


def test_a_pipeline_that_goes_while_one_works_on_it_is_not_taken_up_again(agenda: Agenda) -> None:
    with agenda.work(ORDERS):
        agenda.forget(UID)
        agenda.note(UID, report(settled=False), resynced=True)
        agenda.fail(UID, resynced=True)
    assert agenda.due(UID) == ""


def test_even_after_weeks_of_failures_there_is_a_next_try() -> None:
    assert backoff(0) == FIRST_RETRY
    assert backoff(100_000) == LONGEST_RETRY
    assert backoff(100_000, longest=30) == 30
