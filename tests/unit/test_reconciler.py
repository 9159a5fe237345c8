"""Reconcile: what is worked on is the pipeline as it is when the work begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from dataflowxpress.api.annotations import PAUSED
from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.status import Status
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import WorkQueue

METADATA = {"namespace": "shop", "name": "orders", "uid": "some-uid", "generation": 1}
ORDERS = Reference.to(METADATA)


@dataclass
class Shelf:
    """A store of one pipeline; every answer is what it holds at that moment."""

    body: dict[str, Any] | None
    written: list[Status] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    uid: str = "a-cluster"

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        assert (namespace, name) == ("shop", "orders")
        return self.body

    def hold(self, pipeline: Pipeline) -> bool:
        assert not pipeline.is_deleting
        self.held.append(pipeline.uid)
        return self.body is not None

    def release(self, pipeline: Pipeline) -> None:
        self.held.remove(pipeline.uid)

    def write_status(self, namespace: str, name: str, status: Status) -> None:
        assert (namespace, name) == ("shop", "orders")
        self.written.append(status)

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        raise AssertionError(namespace, name, key)


class Silent:
    """A recorder of which nothing is asked."""

    def record(self, reference: object, event: object) -> None:
        """Keep nothing."""


@pytest.fixture
def shelf() -> Shelf:
    return Shelf({"metadata": METADATA, "spec": {"accountId": "nonsense"}})


@pytest.fixture
def worker(shelf: Shelf) -> Worker:
    return Worker(Reconciler(shelf), WorkQueue(), Silent())


def test_a_spec_that_was_edited_while_the_work_waited_is_the_one_that_counts(
    shelf: Shelf, worker: Worker
) -> None:
    worker.queue.add(ORDERS)
    shelf.body = {"metadata": {**METADATA, "generation": 7, "annotations": {PAUSED: "true"}}}
    worker.process(ORDERS)
    (message,) = shelf.written
    doing = message["Reconciling"]
    assert doing
    assert (doing.reason, message.observed_generation) == ("Paused", 7)


def test_of_what_is_gone_meanwhile_nothing_is_made_or_said(shelf: Shelf, worker: Worker) -> None:
    worker.queue.add(ORDERS)
    shelf.body = None
    worker.process(ORDERS)
    assert shelf.written == []


def test_what_is_going_meanwhile_is_left_to_its_deletion(shelf: Shelf, worker: Worker) -> None:
    worker.queue.add(ORDERS)
    shelf.body = {"metadata": {**METADATA, "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    worker.process(ORDERS)
    assert shelf.written == []
