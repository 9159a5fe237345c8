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
from dataflowxpress.controller.reconciler import Report
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import Agenda
from tests.unit.conftest import Clock

ORDERS, OTHERS = (Reference("shop", name, f"uid-{name}", 1) for name in ("orders", "others"))
SECONDS = 30


class Work:
    """What is done to pipelines, and what they are to hear of it."""

    def __init__(self) -> None:
        self.answer: Report | Exception | None = Report(Status(), settled=True)
        self.done: list[str] = []
        self.told: list[str] = []

    def reconcile(self, namespace: str, name: str) -> Report | None:
        self.done.append(f"{namespace}/{name}")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    look = reconcile

    def delete(self, namespace: str, name: str, get_on: Callable[[], None]) -> Report | None:
        get_on()
        return self.reconcile(namespace, name)

    def record(self, reference: Reference, event: Event) -> None:
        self.told.append(f"{reference}: {event.message}")


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def worker(work: Work, clock: Clock) -> Worker:
    doing: Any = work
    return Worker(doing, Agenda(clock=clock), work)


def test_what_is_due_is_done_and_its_news_are_told(work: Work, worker: Worker) -> None:
    event = Event("Normal", Reason.CONVERGED, "all is well")
    work.answer = Report(Status(), settled=True, events=[event])
    worker.agenda.ask(ORDERS)
    worker.take_up(ORDERS)
    worker.take_up(ORDERS)  # nothing is due any more
    assert work.done == ["shop/orders"]
    assert work.told == ["shop/orders: all is well"]


def test_work_that_fails_unexpectedly_is_told_and_tried_again(
    work: Work, worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work.answer = ZeroDivisionError("a bug")
    worker.agenda.ask(ORDERS)
    with caplog.at_level(logging.ERROR):
        worker.take_up(ORDERS)
    assert "shop/orders" in caplog.text
    assert "a bug" in caplog.text
    assert worker.agenda.claim() == []
    clock.now = 60
    assert worker.agenda.claim() == [ORDERS]


def test_an_api_server_that_does_not_answer_is_no_bug(
    work: Work, worker: Worker, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    work.answer = ApiException(status=503, reason="Service Unavailable")
    worker.agenda.ask(ORDERS)
    worker.take_up(ORDERS)
    assert "Service Unavailable" in caplog.text
    assert "Traceback" not in caplog.text
    clock.now = 60
    assert worker.agenda.claim() == [ORDERS]


def test_a_pipeline_that_is_gone_is_not_asked_for_again(
    work: Work, worker: Worker, clock: Clock
) -> None:
    work.answer = None
    worker.agenda.ask(ORDERS)
    worker.take_up(ORDERS)
    clock.now = 1e6
    assert worker.agenda.claim() == []


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (Report(Status(), settled=False), True),
        (Report(Status(), settled=True), False),
        (None, False),
    ],
    ids=["something is left", "nothing is left", "it is gone already"],
)
def test_a_pipeline_is_held_until_nothing_of_it_is_left(
    work: Work, worker: Worker, answer: Report | None, left: bool
) -> None:
    work.answer = answer
    assert (worker.delete(ORDERS) is not None) is left


def test_a_deletion_waits_until_the_work_in_hand_has_ended(work: Work, worker: Worker) -> None:
    deletion = threading.Thread(target=worker.delete, args=[ORDERS])
    with worker.agenda.work(ORDERS):
        deletion.start()
        deletion.join(0.1)
        assert work.done == []
    deletion.join(SECONDS)
    assert work.done == ["shop/orders"]


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


class Running:
    """A dispatcher whose three workers wait for each other, and for the test."""

    def __init__(self, agenda: Agenda) -> None:
        self.taken: list[Reference] = []
        self.together = threading.Barrier(4)
        self.dispatcher = Dispatcher(agenda, self._take_up, threads=3)
        self.thread = threading.Thread(target=self.dispatcher.run)
        self.thread.start()

    def _take_up(self, reference: Reference) -> None:
        self.taken.append(reference)
        self.together.wait(SECONDS)


@pytest.fixture
def running(agenda: Agenda) -> Iterator[Running]:
    running = Running(agenda)
    yield running
    running.dispatcher.stop()
    running.thread.join(SECONDS)
    assert not running.thread.is_alive()


def test_pipelines_are_worked_on_at_once_each_by_one(agenda: Agenda, running: Running) -> None:
    third = Reference("shop", "third", "uid-third", 1)
    for reference in (ORDERS, OTHERS, ORDERS, third):
        agenda.ask(reference)
    running.together.wait(SECONDS)
    assert sorted(running.taken) == sorted([ORDERS, OTHERS, third])
