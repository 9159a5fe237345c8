"""Work queue: when a pipeline is due, which is first, and how retries become rare."""

from __future__ import annotations

import time

import pytest

from dataflowxpress.api.annotations import PAUSED, REQUESTED
from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.spec.pipeline import SHORTEST_RESYNC
from dataflowxpress.api.status import Status
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.shares import Shares
from dataflowxpress.controller.workitem import (
    BUSY_POLL,
    FIRST_RETRY,
    IDLE_POLL,
    LONGEST_DELETION_RETRY,
    LONGEST_RETRY,
    backoff,
)
from dataflowxpress.controller.workqueue import PROGRESS_DEADLINE, QUEUE_TIMEOUT, WorkQueue
from tests.unit.conftest import Clock
from tests.unit.pipelines import pipeline

UID = "some-uid"
ORDERS = Reference("shop", "orders", UID, 1)
OTHERS = Reference("shop", "others", "another", 1)


SUCCESSOR = ORDERS._replace(uid="its-successor")


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    return WorkQueue(clock=clock)


@pytest.fixture
def settled(queue: WorkQueue) -> WorkQueue:
    """The queue after one comparison of a pipeline."""
    queue.observe(pipeline(ORDERS))
    work_on(queue, ORDERS)
    return queue


def result(*, success: bool = True, busy: bool = False, resync: float = 600) -> Result:
    return Result(Status(), success=success, resync=resync, busy=busy)


def work_on(queue: WorkQueue, reference: Reference) -> None:
    """Process a pipeline that must be the next one, successfully."""
    assert queue.pop() == reference
    with queue.work(reference):
        task = queue.next_task(reference)
        assert task
        queue.done(reference, result(), task)


def popped(queue: WorkQueue) -> list[Reference]:
    """Reserve all that can start now."""
    found = []
    while reference := queue.pop():
        found.append(reference)
    return found


def test_a_pipeline_that_nobody_has_seen_is_never_due(queue: WorkQueue, clock: Clock) -> None:
    clock.now = 1e9
    assert queue.next_task(ORDERS) is None


def test_after_a_restart_pipelines_begin_within_the_given_time(
    queue: WorkQueue, clock: Clock
) -> None:
    queue.observe(pipeline(ORDERS), within=10)
    clock.now = 10
    assert queue.next_task(ORDERS) == "reconcile"


def test_after_a_restart_pipelines_do_not_begin_all_at_once(queue: WorkQueue, clock: Clock) -> None:
    for number in range(200):
        reference = Reference("shop", f"orders-{number}", f"uid-{number}", 1)
        queue.observe(pipeline(reference), within=10)
    for second in (2, 5, 8):
        clock.now = second
        assert abs(queue.depth() - 20 * second) < 40


def test_everything_is_compared_again_after_the_resync_interval(
    settled: WorkQueue, clock: Clock
) -> None:
    settled.done(ORDERS, result(), "reconcile")
    clock.now = 600 * 0.89
    assert settled.next_task(ORDERS) == "poll"
    clock.now = 600 * 1.11
    assert settled.next_task(ORDERS) == "reconcile"


@pytest.mark.parametrize(("busy", "seconds"), [(True, BUSY_POLL), (False, IDLE_POLL)])
def test_moving_data_is_polled_more_often(
    settled: WorkQueue, clock: Clock, busy: bool, seconds: float
) -> None:
    settled.done(ORDERS, result(busy=busy), "reconcile")
    clock.now = seconds - 0.1
    assert settled.next_task(ORDERS) is None
    clock.now = seconds
    assert settled.next_task(ORDERS) == "poll"


def test_a_poll_does_not_delay_the_next_resync(settled: WorkQueue, clock: Clock) -> None:
    settled.done(ORDERS, result(), "reconcile")
    clock.now = 500
    settled.done(ORDERS, result(), "poll")
    clock.now = 661
    assert settled.next_task(ORDERS) == "reconcile"


def test_failures_are_tried_again_later_each_time_but_for_ever(
    settled: WorkQueue, clock: Clock
) -> None:
    waits = []
    for _ in range(12):
        began = clock.now
        settled.done(ORDERS, result(success=False), "reconcile")
        while settled.next_task(ORDERS) != "reconcile":
            clock.now += 0.5
        waits.append(clock.now - began)
    assert waits[0] < 10
    assert waits[3] > waits[0]
    assert max(waits) <= LONGEST_RETRY * 1.2 + 1


def test_failed_polls_do_not_delay_the_next_retry(settled: WorkQueue, clock: Clock) -> None:
    settled.done(ORDERS, result(success=False), "reconcile")
    while settled.next_task(ORDERS) != "reconcile":
        clock.now += 0.5
        settled.done(ORDERS, result(success=False), "poll")
        assert clock.now < 10


def test_success_ends_the_thinning_out(settled: WorkQueue, clock: Clock) -> None:
    for _ in range(8):
        settled.requeue(ORDERS, "reconcile")
    settled.done(ORDERS, result(), "reconcile")
    settled.requeue(ORDERS, "reconcile")
    clock.now = 7
    assert settled.next_task(ORDERS) == "reconcile"


def test_a_poll_that_failed_is_not_repeated_at_once(settled: WorkQueue, clock: Clock) -> None:
    clock.now = IDLE_POLL
    assert settled.next_task(ORDERS) == "poll"
    settled.requeue(ORDERS, "poll")  # the API server did not answer
    assert settled.next_task(ORDERS) is None
    clock.now += FIRST_RETRY * 1.2
    assert settled.next_task(ORDERS) == "reconcile"


def test_a_spec_cannot_ask_for_comparisons_without_a_pause(
    settled: WorkQueue, clock: Clock
) -> None:
    settled.done(ORDERS, result(resync=0), "reconcile")
    clock.now = SHORTEST_RESYNC * 0.89
    assert settled.next_task(ORDERS) is None


def test_work_that_does_not_end_is_stuck_and_named(settled: WorkQueue, clock: Clock) -> None:
    with settled.work(ORDERS):
        clock.now = PROGRESS_DEADLINE
        assert "shop/orders" not in settled.stalled()
        clock.now = PROGRESS_DEADLINE + 1
        assert "shop/orders has not progressed for 1801 s" in settled.stalled()


def test_work_that_gets_on_may_take_as_long_as_it_likes(settled: WorkQueue, clock: Clock) -> None:
    with settled.work(ORDERS) as heartbeat:
        for _ in range(100):
            clock.now += PROGRESS_DEADLINE
            heartbeat()
            assert not settled.stalled()


def test_due_pipelines_that_no_worker_takes_up_are_stalled(queue: WorkQueue, clock: Clock) -> None:
    queue.observe(pipeline(ORDERS))
    clock.now = QUEUE_TIMEOUT + 1
    assert "pipelines due: 1" in queue.stalled()
    work_on(queue, ORDERS)
    assert not queue.stalled()


def test_deletions_that_wait_for_their_turn_are_no_reason_to_restart(clock: Clock) -> None:
    queue = WorkQueue(clock=clock, shares=Shares(4))
    for number in range(3):
        queue.observe(pipeline(Reference(f"ns-{number}", "orders", "uid", 1), deleting=True))
    (reference,) = popped(queue)
    with queue.work(reference) as heartbeat:  # empties a bucket for hours
        for _ in range(100):
            clock.now += QUEUE_TIMEOUT
            heartbeat()
            assert not queue.stalled()


def test_a_deleted_pipeline_is_not_due(queue: WorkQueue, clock: Clock) -> None:
    queue.observe(pipeline(ORDERS))
    queue.forget(ORDERS)
    clock.now = QUEUE_TIMEOUT + 1
    assert not queue.stalled()
    assert queue.known() == []


def test_the_end_of_a_pipeline_is_not_that_of_its_successor(queue: WorkQueue) -> None:
    queue.observe(pipeline(ORDERS))
    queue.observe(pipeline(SUCCESSOR))
    assert not queue.forget(ORDERS)
    assert popped(queue) == [SUCCESSOR]


def test_a_pipeline_and_its_successor_are_never_processed_at_once(queue: WorkQueue) -> None:
    queue.observe(pipeline(ORDERS, deleting=True))
    assert popped(queue) == [ORDERS]
    with queue.work(ORDERS):
        queue.observe(pipeline(SUCCESSOR))
        assert popped(queue) == []
        assert not queue.forget(ORDERS)
    assert popped(queue) == [SUCCESSOR]


def test_an_object_that_was_seen_before_is_not_due_again(settled: WorkQueue, clock: Clock) -> None:
    clock.now = 1
    settled.observe(pipeline(ORDERS, version="2"))
    settled.observe(pipeline(ORDERS, annotations={"argocd.argoproj.io/tracking-id": "orders"}))
    assert settled.next_task(ORDERS) is None


@pytest.mark.parametrize(
    "update",
    [
        pipeline(ORDERS._replace(generation=2)),
        pipeline(ORDERS, annotations={PAUSED: "true"}),
        pipeline(ORDERS, annotations={REQUESTED: "now"}),
        pipeline(SUCCESSOR),
        pipeline(ORDERS, held=False),
    ],
    ids=["another spec", "a pause", "a comparison", "a successor", "its finalizer was removed"],
)
def test_whatever_a_user_asks_for_is_due_at_once(
    settled: WorkQueue, update: Pipeline, clock: Clock
) -> None:
    clock.now = 1
    settled.observe(update)
    assert settled.next_task(ORDERS) == "reconcile"


def test_a_deletion_is_due_at_once_and_polls_end(settled: WorkQueue, clock: Clock) -> None:
    clock.now = 1
    settled.observe(pipeline(ORDERS, deleting=True))
    assert settled.next_task(ORDERS) == "delete"
    assert settled.pop() == ORDERS
    settled.requeue(ORDERS, "delete")
    assert settled.next_task(ORDERS) is None


def test_a_deletion_that_is_held_up_is_tried_again_soon_enough(
    queue: WorkQueue, clock: Clock
) -> None:
    queue.observe(pipeline(ORDERS, deleting=True))
    for _ in range(20):
        queue.requeue(ORDERS, "delete")
        clock.now += LONGEST_DELETION_RETRY * 1.2
        assert queue.next_task(ORDERS) == "delete"


def test_a_pipeline_that_is_due_is_reserved_once_until_it_was_processed(
    queue: WorkQueue, clock: Clock
) -> None:
    queue.observe(pipeline(OTHERS))
    clock.now = 1
    queue.observe(pipeline(ORDERS))
    assert popped(queue) == [OTHERS, ORDERS]  # who has waited longest comes first
    assert queue.active_workers() == 2
    with queue.work(ORDERS):
        queue.done(ORDERS, result(), "reconcile")
    assert popped(queue) == []
    clock.now = 1 + 600 * 1.1
    assert popped(queue) == [ORDERS]


def test_a_change_during_the_work_is_worked_on_next(queue: WorkQueue) -> None:
    queue.observe(pipeline(ORDERS))
    assert queue.pop() == ORDERS
    changed = ORDERS._replace(generation=2)
    with queue.work(ORDERS):
        queue.observe(pipeline(changed))
        assert popped(queue) == []
        queue.done(ORDERS, result(), "reconcile")
    work_on(queue, changed)
    assert popped(queue) == []


def test_the_finalizer_that_the_work_itself_adds_is_no_change(queue: WorkQueue) -> None:
    queue.observe(pipeline(ORDERS, held=False))
    assert queue.pop() == ORDERS
    with queue.work(ORDERS):
        queue.observe(pipeline(ORDERS, version="2"))
        queue.done(ORDERS, result(), "reconcile")
    assert popped(queue) == []


def test_what_is_asked_for_ends_the_wait(queue: WorkQueue) -> None:
    queue.observe(pipeline(ORDERS))
    began = time.monotonic()
    queue.wait(60)
    assert time.monotonic() - began < 60


def test_the_end_of_work_ends_the_wait(settled: WorkQueue) -> None:
    settled.wait(0)
    with settled.work(ORDERS):
        pass
    began = time.monotonic()
    settled.wait(60)
    assert time.monotonic() - began < 60


def test_a_pipeline_that_goes_while_one_works_on_it_is_not_taken_up_again(
    queue: WorkQueue,
) -> None:
    queue.observe(pipeline(ORDERS))
    assert queue.pop() == ORDERS
    with queue.work(ORDERS):
        queue.forget(ORDERS)
        queue.done(ORDERS, result(success=False), "reconcile")
        queue.requeue(ORDERS, "reconcile")
        queue.add_deletion(ORDERS)
    assert queue.next_task(ORDERS) is None
    assert queue.known() == []


def test_requests_precede_deletions_and_both_precede_resyncs(
    settled: WorkQueue, clock: Clock
) -> None:
    clock.now = 700
    asked, going = (Reference("shop", name, name, 1) for name in ("asked", "going"))
    settled.observe(pipeline(going, deleting=True))
    settled.observe(pipeline(asked))
    assert popped(settled) == [asked, going, ORDERS]


def many(namespace: str, count: int) -> list[Reference]:
    return [Reference(namespace, f"{n:02}", f"{namespace}-{n}", 1) for n in range(count)]


def test_namespaces_take_turns(queue: WorkQueue) -> None:
    for reference in [*many("large", 10), *many("small", 2)]:
        queue.observe(pipeline(reference))
    assert [each.namespace for each in popped(queue)[:4]] == ["large", "small", "large", "small"]


def test_one_namespace_leaves_workers_to_the_others(queue: WorkQueue) -> None:
    for reference in many("large", 100):
        queue.observe(pipeline(reference))
    assert len(popped(queue)) == 12  # of 16
    queue.observe(pipeline(ORDERS))
    assert popped(queue) == [ORDERS]


def test_deletions_leave_workers_to_all_other_work(queue: WorkQueue) -> None:
    for reference in (r for name in ("a", "b", "c") for r in many(name, 10)):
        queue.observe(pipeline(reference, deleting=True))
    assert len(popped(queue)) == queue.active_deletions() == 4  # of 16
    queue.observe(pipeline(ORDERS))
    assert popped(queue) == [ORDERS]


def test_resyncs_leave_workers_to_the_changes_of_users(queue: WorkQueue, clock: Clock) -> None:
    for reference in (r for name in ("a", "b", "c") for r in many(name, 10)):
        queue.observe(pipeline(reference), within=10)
    clock.now = 10
    assert len(popped(queue)) == 14  # of 16
    queue.observe(pipeline(ORDERS))
    assert popped(queue) == [ORDERS]


def test_the_resyncs_of_a_namespace_leave_workers_to_its_own_users(
    queue: WorkQueue, clock: Clock
) -> None:
    for reference in many("large", 20):
        queue.observe(pipeline(reference), within=10)
    clock.now = 10
    assert len(popped(queue)) == 10  # of 12
    changed = Reference("large", "changed", "its-uid", 1)
    queue.observe(pipeline(changed))
    assert popped(queue) == [changed]


def test_even_after_weeks_of_failures_there_is_a_next_try() -> None:
    assert backoff(0) == FIRST_RETRY
    assert backoff(100_000) == LONGEST_RETRY
    assert backoff(100_000, longest=30) == 30
