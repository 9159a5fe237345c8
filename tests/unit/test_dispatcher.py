"""Dispatcher and worker: who is due is worked on, whatever becomes of others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiException

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status
from dataflowxpress.controller.dispatcher import Dispatcher
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.shares import Shares
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import PROGRESS_DEADLINE, WorkQueue
from dataflowxpress.telemetry import progress
from tests.unit.conftest import Clock
from tests.unit.pipelines import pipeline

ORDERS, OTHERS = (Reference("shop", name, f"uid-{name}", 1) for name in ("orders", "others"))
SECONDS = 30


class Work:
    """What is done to pipelines, and what they are to hear of it."""

    def __init__(self) -> None:
        self.answer: Result | Exception | None = Result(Status(), success=True)
        self.done: list[str] = []
        self.recorded: list[str] = []
        self.released: list[str] = []
        self.forgotten: list[str] = []
        self.is_current = True  # the spec that was deleted is still the spec

    def reconcile(self, namespace: str, name: str) -> Result | None:
        self.done.append(f"{namespace}/{name}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    poll = reconcile

    def delete(self, namespace: str, name: str) -> Result | None:
        return self.reconcile(namespace, name)

    def release(self, reference: Reference, _result: Result) -> bool:
        self.released.append(str(reference))
        return self.is_current

    def forget(self, namespace: str, name: str) -> None:
        self.forgotten.append(f"{namespace}/{name}")

    def record(self, reference: Reference, event: Event) -> None:
        self.recorded.append(f"{reference}: {event.message}")


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def worker(work: Work, clock: Clock) -> Worker:
    doing: Any = work
    return Worker(doing, WorkQueue(clock=clock), work)


def test_a_due_task_runs_and_its_events_are_recorded(work: Work, worker: Worker) -> None:
    event = Event("Normal", Reason.CONVERGED, "all is well")
    work.answer = Result(Status(), success=True, events=[event])
    worker.observe(pipeline(ORDERS))
    worker.process(ORDERS)
    worker.process(ORDERS)  # nothing is due any more
    assert work.done == ["shop/orders"]
    assert work.recorded == ["shop/orders: all is well"]


def test_work_that_fails_unexpectedly_is_logged_and_retried(
    work: Work, worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work.answer = ZeroDivisionError("a bug")
    worker.observe(pipeline(ORDERS))
    with caplog.at_level(logging.ERROR):
        worker.process(ORDERS)
    assert "shop/orders" in caplog.text
    assert "a bug" in caplog.text
    assert worker.queue.pop() is None
    clock.now = 60
    assert worker.queue.pop() == ORDERS


def test_an_api_server_that_does_not_answer_is_no_bug(
    work: Work, worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work.answer = ApiException(status=503, reason="Service Unavailable")
    worker.observe(pipeline(ORDERS))
    worker.process(ORDERS)
    assert "Service Unavailable" in caplog.text
    assert "Traceback" not in caplog.text
    clock.now = 60
    assert worker.queue.pop() == ORDERS


def test_a_pipeline_that_is_gone_is_not_asked_for_again(
    work: Work, worker: Worker, clock: Clock
) -> None:
    work.answer = None
    worker.observe(pipeline(ORDERS))
    worker.process(ORDERS)
    worker.process(ORDERS)  # a deletion, if the object were still there
    clock.now = 1e6
    assert worker.queue.pop() is None


def test_a_deletion_that_the_watch_has_not_delivered_yet_begins_at_once(
    work: Work, worker: Worker
) -> None:
    work.answer = None  # what the reconciler returns for an object that is being deleted
    worker.observe(pipeline(ORDERS))
    worker.process(ORDERS)
    assert worker.queue.next_task(ORDERS) == "delete"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (Result(Status(), success=False), True),
        (Result(Status(), success=True), False),
        (None, False),
    ],
    ids=["something is left", "nothing is left", "it is gone already"],
)
def test_a_pipeline_is_held_until_nothing_of_it_is_left(
    work: Work, worker: Worker, answer: Result | None, left: bool
) -> None:
    work.answer = answer
    worker.observe(pipeline(ORDERS, deleting=True))
    worker.process(ORDERS)
    assert (ORDERS in worker.queue.known()) is left
    assert work.released == (["shop/orders"] if answer and not left else [])
    assert work.forgotten == ([] if left else ["shop/orders"])


def test_a_deletion_starts_over_when_the_spec_changed_meanwhile(work: Work, worker: Worker) -> None:
    work.is_current = False
    worker.observe(pipeline(ORDERS, deleting=True))
    worker.process(ORDERS)
    assert worker.queue.next_task(ORDERS) == "delete"


def test_a_deletion_whose_object_cannot_be_released_is_tried_again(
    work: Work, worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> bool:
        raise ApiException(status=500)

    worker.observe(pipeline(ORDERS, deleting=True))
    with monkeypatch.context() as patch:
        patch.setattr(work, "release", refused)
        worker.process(ORDERS)
    clock.now = 60
    assert worker.queue.pop() == ORDERS
    worker.process(ORDERS)
    assert worker.queue.known() == []


def test_an_object_that_was_released_by_hand_is_forgotten(work: Work, worker: Worker) -> None:
    worker.observe(pipeline(ORDERS))
    worker.observe(pipeline(ORDERS, deleting=True, held=False))
    assert worker.queue.known() == []
    assert work.forgotten == ["shop/orders"]


def test_a_call_that_was_answered_is_progress(
    work: Work, worker: Worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered(*_: object) -> Result:
        for _call in range(100):
            clock.now += PROGRESS_DEADLINE
            progress.report()
        assert not worker.queue.stalled()
        return Result(Status(), success=True)

    monkeypatch.setattr(work, "reconcile", answered)
    worker.observe(pipeline(ORDERS))
    worker.process(ORDERS)
    assert worker.queue.next_task(ORDERS) is None


@pytest.fixture
def queue() -> WorkQueue:
    return WorkQueue(shares=Shares(4))


class Running:
    """A dispatcher whose three workers wait for each other, and for the test."""

    def __init__(self, queue: WorkQueue) -> None:
        self.queue = queue
        self.taken: list[Reference] = []
        self.together = threading.Barrier(4)
        self.dispatcher = Dispatcher(queue, self._process)
        self.thread = threading.Thread(target=self.dispatcher.run)
        self.thread.start()

    def _process(self, reference: Reference) -> None:
        with self.queue.work(reference):
            self.taken.append(reference)
            self.together.wait(SECONDS)
            self.queue.done(reference, Result(Status(), success=True), "reconcile")


@pytest.fixture
def running(queue: WorkQueue) -> Iterator[Running]:
    running = Running(queue)
    yield running
    running.dispatcher.stop()
    running.thread.join(SECONDS)
    assert not running.thread.is_alive()


def test_pipelines_are_worked_on_at_once_each_by_one(queue: WorkQueue, running: Running) -> None:
    third = Reference("shop", "third", "uid-third", 1)
    for reference in (ORDERS, OTHERS, ORDERS, third):
        queue.observe(pipeline(reference))
    running.together.wait(SECONDS)
    assert sorted(running.taken) == sorted([ORDERS, OTHERS, third])
