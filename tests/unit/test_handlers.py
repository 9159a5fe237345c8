"""Handlers: kopf's settings, and the effect of its watch events."""

from __future__ import annotations

import asyncio
from typing import Any

import kopf
import pytest

from dataflowxpress.api.annotations import REQUESTED
from dataflowxpress.api.pipeline import FINALIZER, Pipeline, Reference
from dataflowxpress.controller import handlers as registered
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import WorkQueue
from dataflowxpress.manager.watch_monitor import Watch
from tests.unit.conftest import Clock
from tests.unit.pipelines import pipeline

ORDERS = Reference("shop", "orders", "some-uid", 1)
ANSWERED = {"observedGeneration": 1}
REGISTRY: Any = kopf.get_default_registry()
handlers: Any = registered  # kopf asks for more arguments than they read


class Nothing:
    """Stands for what an event must not call, but for forgetting."""

    def forget(self, namespace: str, name: str) -> None:
        """Forget nothing."""


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def worker(clock: Clock) -> Worker:
    nothing: Any = Nothing()
    return Worker(nothing, WorkQueue(clock=clock), nothing)


@pytest.fixture
def settings() -> kopf.OperatorSettings:
    """The settings of kopf after the startup handler."""
    its = kopf.OperatorSettings()
    handlers.configure(settings=its, memo=kopf.Memo())
    return its


def deliver(worker: Worker, watch: Watch, update: Pipeline, kind: str | None = "MODIFIED") -> None:
    """Call the handler of an event as kopf does."""
    event: Any = {"type": kind, "object": update.body}
    asyncio.run(handlers.observed(event=event, memo=kopf.Memo(worker=worker, watch=watch)))


def test_a_request_is_due_immediately(worker: Worker, watch: Watch) -> None:
    deliver(worker, watch, pipeline(ORDERS, annotations={REQUESTED: "now"}, status=ANSWERED))
    assert worker.queue.next_task(ORDERS) == "reconcile"


def test_what_is_answered_already_is_compared_within_seconds_of_a_restart(
    worker: Worker, watch: Watch, clock: Clock
) -> None:
    deliver(worker, watch, pipeline(ORDERS, status=ANSWERED), None)
    clock.now = handlers.SPREAD
    assert worker.queue.next_task(ORDERS) == "reconcile"


def test_the_status_that_the_operator_writes_asks_for_nothing(
    worker: Worker, watch: Watch, clock: Clock
) -> None:
    deliver(worker, watch, pipeline(ORDERS))
    assert worker.queue.pop() == ORDERS
    with worker.queue.work(ORDERS):
        worker.queue.requeue(ORDERS, "reconcile")
    deliver(worker, watch, pipeline(ORDERS, version="2", status=ANSWERED))
    clock.now += 1
    assert worker.queue.next_task(ORDERS) is None


def test_an_object_that_is_gone_is_forgotten(worker: Worker, watch: Watch) -> None:
    deliver(worker, watch, pipeline(ORDERS))
    assert watch.observed() == {ORDERS.uid}
    deliver(worker, watch, pipeline(ORDERS, deleting=True), "DELETED")
    assert watch.observed() == frozenset()
    assert worker.queue.known() == []


def test_kopf_changes_no_object(settings: kopf.OperatorSettings) -> None:
    """It drops what it has to do to an object if the patch of its annotations fails."""
    assert not REGISTRY._changing.get_all_handlers()  # noqa: SLF001 - kopf shows them nowhere else
    assert not REGISTRY._spawning.get_all_handlers()  # noqa: SLF001 - as above
    assert settings.persistence.finalizer != FINALIZER  # kopf removes one that no handler needs
