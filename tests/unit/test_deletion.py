"""Deletion: how a long one ends its turn."""

from __future__ import annotations

from typing import Any

import pytest

from dataflowxpress.api.errors import Superseded, Unfinished
from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.status import Status
from dataflowxpress.aws.errors import problem
from dataflowxpress.controller.deletion import REPORT_INTERVAL, TIME_SLICE, DeletionProgress
from tests.unit.conftest import Clock
from tests.unit.pipelines import pipeline

ORDERS = Reference("shop", "orders", "some-uid", 1)
BUCKET = Id("Bucket", ("orders",))


class Store:
    """A store of one pipeline that is being deleted."""

    def __init__(self) -> None:
        self.found = pipeline(ORDERS, deleting=True)
        self.messages: list[str] = []

    def pipeline(self, *_: str) -> Any:
        return self.found.body

    def write_status(self, _namespace: str, _name: str, status: Status) -> None:
        ready = status["Ready"]
        assert ready
        self.messages.append(ready.message)


@pytest.fixture
def store() -> Store:
    return Store()


def begun(store: Store, clock: Clock, time_slice: float) -> DeletionProgress:
    """Return the progress of a deletion that has just removed its first objects."""
    stored: Any = store
    progress = DeletionProgress(stored, Pipeline(store.found.body), time_slice, clock)
    progress(BUCKET, "1000 objects removed")
    return progress


def test_a_long_deletion_lets_others_have_their_turn(store: Store, clock: Clock) -> None:
    progress = begun(store, clock, TIME_SLICE)
    clock.now = TIME_SLICE
    progress(BUCKET, "2000 objects removed")
    clock.now += 1
    with pytest.raises(Unfinished) as end:
        progress(BUCKET, "3000 objects removed")
    assert "3000 objects removed; the deletion continues" in str(end.value)
    assert not problem(end.value).needs_person


def test_a_deletion_by_the_command_line_has_all_the_time(store: Store, clock: Clock) -> None:
    progress = begun(store, clock, float("inf"))
    clock.now = 1e6
    progress(BUCKET, "2000 objects removed")
    assert len(store.messages) == 2


def test_an_edited_spec_ends_the_attempt(store: Store, clock: Clock) -> None:
    progress = begun(store, clock, TIME_SLICE)
    store.found = pipeline(ORDERS._replace(generation=2), deleting=True)
    clock.now = REPORT_INTERVAL
    with pytest.raises(Superseded):
        progress(BUCKET, "2000 objects removed")
