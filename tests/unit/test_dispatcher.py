"""Dispatcher and worker: who is due is worked on, whatever becomes of others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes.client import ApiException

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status
from dataflowxpress.controller.dispatcher import Dispatcher
from dataflowxpress.controller.reconciler import Result
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import WorkQueue
from tests.unit.conftest import Clock

ORDERS, OTHERS = (Reference("shop", name, f"uid-{name}", 1) for name in ("orders", "others"))
SECONDS = 30


class Work:
    """What is done to pipelines, and what they are to hear of it."""

    def __init__(self) -> None:
        self.answer: Result | Exception | None = Result(Status(), success=True)
        self.done: list[str] = []
        self.recorded: list[str] = []

    def reconcile(self, namespace: str, name: str) -> Result | None:
        self.done.append(f"{namespace}/{name}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    look = reconcile

    def delete(self, namespace: str, name: str, heartbeat: Callable[[], None]) -> Result | None:
        heartbeat()
        return self.reconcile(namespace, name)

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
    worker.queue.add(ORDERS)
    worker.process(ORDERS)
    worker.process(ORDERS)  # nothing is due any more
    assert work.done == ["shop/orders"]
    assert work.recorded == ["shop/orders: all is well"]


def test_work_that_fails_unexpectedly_is_logged_and_retried(
    work: Work, worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work.answer = ZeroDivisionError("a bug")
    worker.queue.add(ORDERS)
    with caplog.at_level(logging.ERROR):
        worker.process(ORDERS)
    assert "shop/orders" in caplog.text
    assert "a bug" in caplog.text
    assert worker.queue.pop_due() == []
    clock.now = 60
    assert worker.queue.pop_due() == [ORDERS]


def test_an_api_server_that_does_not_answer_is_no_bug(
    work: Work, worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work.answer = ApiException(status=503, reason="Service Unavailable")
    worker.queue.add(ORDERS)
    worker.process(ORDERS)
    assert "Service Unavailable" in caplog.text
    assert "Traceback" not in caplog.text
    clock.now = 60
    assert worker.queue.pop_due() == [ORDERS]


def test_a_pipeline_that_is_gone_is_not_asked_for_again(
    work: Work, worker: Worker, clock: Clock
) -> None:
    work.answer = None
    worker.queue.add(ORDERS)
    worker.process(ORDERS)
    clock.now = 1e6
    assert worker.queue.pop_due() == []


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
    assert (worker.delete(ORDERS) is not None) is left


def test_a_deletion_waits_until_the_work_in_hand_has_ended(work: Work, worker: Worker) -> None:
    deletion = threading.Thread(target=worker.delete, args=[ORDERS])
    with worker.queue.work(ORDERS):
        deletion.start()
        deletion.join(0.1)
        assert work.done == []
    deletion.join(SECONDS)
    assert work.done == ["shop/orders"]


@pytest.fixture
def queue() -> WorkQueue:
    return WorkQueue()


class Running:
    """A dispatcher whose three workers wait for each other, and for the test."""

    def __init__(self, queue: WorkQueue) -> None:
        self.taken: list[Reference] = []
        self.together = threading.Barrier(4)
        self.dispatcher = Dispatcher(queue, self._process, threads=3)
        self.thread = threading.Thread(target=self.dispatcher.run)
        self.thread.start()

    def _process(self, reference: Reference) -> None:
        self.taken.append(reference)
        self.together.wait(SECONDS)


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
        queue.add(reference)
    running.together.wait(SECONDS)
    assert sorted(running.taken) == sorted([ORDERS, OTHERS, third])
