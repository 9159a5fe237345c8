"""Agenda: when a pipeline is looked at, and how retries thin out."""

from __future__ import annotations

import time

import pytest

from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.status import Status
from dataflowxpress.controller.reconciler import Result
from dataflowxpress.controller.workqueue import (
    BUSY_POLL,
    FIRST_RETRY,
    IDLE_POLL,
    LONGEST_RETRY,
    PROGRESS_DEADLINE,
    QUEUE_TIMEOUT,
    WorkQueue,
    backoff,
)
from tests.unit.conftest import Clock

UID = "some-uid"
ORDERS = Reference("shop", "orders", UID, 1)
OTHERS = Reference("shop", "others", "another", 1)


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    """An queue that has seen a pipeline, and nothing to do with it."""
    queue = WorkQueue(clock=clock)
    with queue.work(ORDERS):
        return queue


def result(*, success: bool = True, busy: bool = False) -> Result:
    return Result(Status(), success=success, resync=600, busy=busy)


def test_a_pipeline_that_has_not_begun_is_never_due(queue: WorkQueue, clock: Clock) -> None:
    clock.now = 1e9
    assert queue.next_task(UID) is None


def test_after_a_restart_pipelines_begin_within_the_given_time(
    queue: WorkQueue, clock: Clock
) -> None:
    queue.add_after(ORDERS, within=10)
    clock.now = 10
    assert queue.next_task(UID) == "reconcile"


def test_after_a_restart_pipelines_do_not_begin_all_at_once(queue: WorkQueue, clock: Clock) -> None:
    for number in range(200):
        queue.add_after(Reference("shop", f"orders-{number}", f"uid-{number}", 1), within=10)
    for second in (2, 5, 8):
        clock.now = second
        assert abs(queue.depth() - 20 * second) < 40


def test_everything_is_compared_again_after_the_resync_interval(
    queue: WorkQueue, clock: Clock
) -> None:
    queue.done(UID, result(), "reconcile")
    clock.now = 600 * 0.89
    assert queue.next_task(UID) == "poll"
    clock.now = 600 * 1.11
    assert queue.next_task(UID) == "reconcile"


@pytest.mark.parametrize(("busy", "seconds"), [(True, BUSY_POLL), (False, IDLE_POLL)])
def test_moving_data_is_polled_more_often(
    queue: WorkQueue, clock: Clock, busy: bool, seconds: float
) -> None:
    queue.done(UID, result(busy=busy), "reconcile")
    clock.now = seconds - 0.1
    assert queue.next_task(UID) is None
    clock.now = seconds
    assert queue.next_task(UID) == "poll"


def test_a_poll_does_not_delay_the_next_resync(queue: WorkQueue, clock: Clock) -> None:
    queue.done(UID, result(), "reconcile")
    clock.now = 500
    queue.done(UID, result(), "poll")
    clock.now = 661
    assert queue.next_task(UID) == "reconcile"


def test_failures_are_tried_again_later_each_time_but_for_ever(
    queue: WorkQueue, clock: Clock
) -> None:
    waits = []
    for _ in range(12):
        began = clock.now
        queue.done(UID, result(success=False), "reconcile")
        while queue.next_task(UID) != "reconcile":
            clock.now += 0.5
        waits.append(clock.now - began)
    assert waits[0] < 10
    assert waits[3] > waits[0]
    assert max(waits) <= LONGEST_RETRY * 1.2 + 1


def test_failed_polls_do_not_delay_the_next_retry(queue: WorkQueue, clock: Clock) -> None:
    queue.done(UID, result(success=False), "reconcile")
    while queue.next_task(UID) != "reconcile":
        clock.now += 0.5
        queue.done(UID, result(success=False), "poll")
        assert clock.now < 10


def test_success_ends_the_thinning_out(queue: WorkQueue, clock: Clock) -> None:
    for _ in range(8):
        queue.requeue(UID, "reconcile")
    queue.done(UID, result(), "reconcile")
    queue.requeue(UID, "reconcile")
    clock.now = 7
    assert queue.next_task(UID) == "reconcile"


def test_work_that_does_not_end_is_stuck_and_named(queue: WorkQueue, clock: Clock) -> None:
    with queue.work(ORDERS):
        clock.now = PROGRESS_DEADLINE
        assert not queue.stalled()
        clock.now = PROGRESS_DEADLINE + 1
        assert "shop/orders" in queue.stalled()
    assert not queue.stalled()


def test_work_that_gets_on_may_take_as_long_as_it_likes(queue: WorkQueue, clock: Clock) -> None:
    with queue.work(ORDERS) as heartbeat:
        queue.add_after(OTHERS, within=0)
        assert queue.next_task(OTHERS.uid)
        for _ in range(100):
            clock.now += QUEUE_TIMEOUT
            heartbeat()
            assert not queue.stalled()
        clock.now += PROGRESS_DEADLINE + 1
        assert "has not progressed for 1801 s" in queue.stalled()


def test_due_pipelines_without_progress_are_stalled(queue: WorkQueue, clock: Clock) -> None:
    queue.add_after(ORDERS, within=0)
    assert queue.next_task(UID)
    clock.now = QUEUE_TIMEOUT + 1
    assert "pipelines due: 1" in queue.stalled()
    with queue.work(OTHERS):
        pass
    assert not queue.stalled()  # a long queue is no standstill


def test_a_deleted_pipeline_is_not_due(queue: WorkQueue, clock: Clock) -> None:
    queue.add_after(ORDERS, within=0)
    assert queue.next_task(UID)
    queue.forget(UID)
    clock.now = QUEUE_TIMEOUT + 1
    assert not queue.stalled()


def test_to_begin_with_a_pipeline_again_changes_nothing(queue: WorkQueue, clock: Clock) -> None:
    queue.done(UID, result(), "reconcile")
    queue.add_after(ORDERS, within=0)
    clock.now = 1
    assert queue.next_task(UID) is None


def test_a_pipeline_that_is_due_is_claimed_once_until_it_was_worked_on(
    queue: WorkQueue, clock: Clock
) -> None:
    queue.add_after(OTHERS, within=0)
    clock.now = 1
    queue.add(ORDERS)
    assert queue.pop_due() == [OTHERS, ORDERS]  # who has waited longest comes first
    assert queue.pop_due() == []
    assert queue.depth() == 2
    with queue.work(ORDERS):
        assert queue.depth() == 1
        queue.done(UID, result(), "reconcile")
    assert queue.pop_due() == []
    clock.now = 1 + 600 * 1.1
    assert queue.pop_due() == [ORDERS]


def test_news_that_comes_while_one_works_on_the_pipeline_is_worked_on_next(
    queue: WorkQueue,
) -> None:
    with queue.work(ORDERS):
        changed = ORDERS._replace(generation=2)
        queue.add(changed)
        assert queue.pop_due() == []
        queue.done(UID, result(), "reconcile")
    assert queue.pop_due() == [changed]
    with queue.work(changed):
        queue.done(UID, result(), "reconcile")
    assert queue.pop_due() == []


def test_what_is_asked_for_ends_the_wait(queue: WorkQueue) -> None:
    queue.add(ORDERS)
    began = time.monotonic()
    queue.wait(60)
    assert time.monotonic() - began < 60


def test_a_pipeline_that_goes_while_one_works_on_it_is_not_taken_up_again(queue: WorkQueue) -> None:
    with queue.work(ORDERS):
        queue.forget(UID)
        queue.done(UID, result(success=False), "reconcile")
        queue.requeue(UID, "reconcile")
    assert queue.next_task(UID) is None


def test_even_after_weeks_of_failures_there_is_a_next_try() -> None:
    assert backoff(0) == FIRST_RETRY
    assert backoff(100_000) == LONGEST_RETRY
    assert backoff(100_000, longest=30) == 30
