"""Relist: what a lost event left undone is repaired from the list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from dataflowxpress.api.pipeline import FINALIZER, Pipeline, Reference
from dataflowxpress.controller.handlers import SPREAD
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import WorkQueue
from dataflowxpress.manager.relist import Relist
from dataflowxpress.manager.watch_monitor import Watch
from tests.unit.conftest import Clock
from tests.unit.pipelines import pipeline

ORDERS = Reference("shop", "orders", "some-uid", 1)


class Memory:
    """A reconciler that remembers one pipeline."""

    def __init__(self) -> None:
        self.remembered = {"shop/orders"}

    def forget(self, namespace: str, name: str) -> None:
        self.remembered.discard(f"{namespace}/{name}")


@dataclass
class World:
    """An API server's list, and an operator that has seen all of it."""

    clock: Clock
    objects: list[Pipeline] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.memory, recorder = Memory(), object()
        reconciler: Any = self.memory
        self.watch = Watch(clock=self.clock)
        self.worker = Worker(reconciler, WorkQueue(clock=self.clock), recorder)  # type: ignore[arg-type]
        self.relist = Relist(self.list, self.watch, self.worker, 30)

    def list(self) -> list[Any]:
        return [each.body for each in self.objects]

    def deliver(self, found: Pipeline) -> None:
        """Deliver an object by the watch."""
        self.watch.observe(found.uid, found.body["metadata"]["resourceVersion"])
        self.worker.observe(found)


@pytest.fixture
def world(clock: Clock) -> World:
    return World(clock)


@pytest.mark.parametrize("deleting", [False, True], ids=["a creation", "a deletion"])
def test_what_the_watch_never_delivered_is_taken_up(
    world: World, clock: Clock, deleting: bool
) -> None:
    world.objects = [pipeline(ORDERS, deleting=deleting)]
    world.relist.once()
    clock.now = SPREAD
    assert world.worker.queue.next_task(ORDERS) == ("delete" if deleting else "reconcile")


def test_a_deletion_of_a_known_pipeline_that_was_missed_begins(world: World) -> None:
    world.deliver(pipeline(ORDERS))
    world.objects = [pipeline(ORDERS, deleting=True, version="2")]
    world.relist.once()
    assert world.worker.queue.next_task(ORDERS) == "delete"


def test_a_finalizer_that_is_missing_is_added_again(world: World) -> None:
    world.deliver(pipeline(ORDERS))
    assert world.worker.queue.pop() == ORDERS
    with world.worker.queue.work(ORDERS):
        world.worker.queue.requeue(ORDERS, "reconcile")
    world.objects = [pipeline(ORDERS, version="2", held=False)]
    assert FINALIZER not in world.objects[0].finalizers
    world.relist.once()
    assert world.worker.queue.next_task(ORDERS) == "reconcile"


def test_what_was_deleted_while_the_watch_had_expired_is_forgotten(
    world: World, clock: Clock
) -> None:
    world.deliver(pipeline(ORDERS))
    world.relist.once()
    clock.now = 1000
    world.relist.once()
    assert not world.relist.watch_current()
    assert world.worker.queue.known() == []
    assert world.watch.observed() == frozenset()
    assert world.memory.remembered == set()


def test_what_was_created_during_the_list_is_kept(world: World) -> None:
    def list_before_it_is_created() -> list[Any]:
        found = world.list()
        world.deliver(pipeline(ORDERS))
        return found

    Relist(list_before_it_is_created, world.watch, world.worker, 30).once()
    assert world.worker.queue.known() == [ORDERS]
    assert world.watch.observed() == {ORDERS.uid}


def test_a_watch_that_stays_behind_is_reported(world: World, clock: Clock) -> None:
    world.deliver(pipeline(ORDERS))
    world.objects = [pipeline(ORDERS, version="2")]
    world.relist.once()
    clock.now = 121
    world.relist.once()
    assert "missed changes of 1 pipelines" in world.relist.watch_current()
