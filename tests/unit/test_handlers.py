"""Handlers: kopf's settings, and the effect of its callbacks."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any

import kopf
import pytest

from dataflowxpress.api.annotations import PAUSED, PLAN, REQUESTED, RUN_REQUESTED
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.status import Status
from dataflowxpress.controller import handlers as registered
from dataflowxpress.controller.reconciler import Result
from dataflowxpress.controller.workqueue import WorkQueue
from tests.unit.conftest import Clock

UID = "some-uid"
THEIRS = {
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
    "argocd.argoproj.io/tracking-id": "orders:dataflowxpress.io/DataPipeline:shop/orders",
}
REGISTRY: Any = kopf.get_default_registry()
handlers: Any = registered  # kopf asks for more arguments than they read


class Untouchable:
    """Work that must not run in the event loop."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


class Stubborn:
    """A worker whose deletions never complete."""

    def delete(self, _reference: object) -> Result:
        return Result(Status(), success=False)


def body(generation: int = 1, annotations: Mapping[str, str] = {}) -> Any:
    """Return a pipeline that was applied in its first generation."""
    metadata = {
        "namespace": "shop",
        "name": "orders",
        "uid": UID,
        "generation": generation,
        "annotations": {**THEIRS, **annotations},
    }
    raw: Any = {"metadata": metadata, "status": {"observedGeneration": 1}}
    return kopf.Body(raw)


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    return WorkQueue(clock=clock)


@pytest.fixture
def settings() -> kopf.OperatorSettings:
    """The settings of kopf after the startup handler."""
    its = kopf.OperatorSettings()
    handlers.configure(settings=its, memo=kopf.Memo())
    return its


def deliver(queue: WorkQueue, update: Any) -> None:
    """Call the handler of a change as kopf does."""
    memo = kopf.Memo(queue=queue, worker=Untouchable())
    asyncio.run(handlers.changed(body=update, memo=memo))


@pytest.mark.parametrize(
    "update",
    [
        body(generation=2),
        *(body(annotations={a: "true"}) for a in (PAUSED, PLAN, REQUESTED, RUN_REQUESTED)),
    ],
    ids=["another spec", "a pause", "a plan", "a comparison", "a run"],
)
def test_a_request_is_due_immediately(queue: WorkQueue, update: Any) -> None:
    deliver(queue, update)
    assert queue.next_task(UID) == "reconcile"


def test_annotations_of_others_are_no_reason_to_compare(queue: WorkQueue, clock: Clock) -> None:
    deliver(queue, body(generation=2))
    with queue.work(Reference.to(body().metadata)):
        queue.done(UID, Result(Status(), success=True), "reconcile")
    clock.now += 1
    deliver(queue, body())
    assert queue.next_task(UID) is None


def test_a_change_calls_one_handler_and_none_by_field() -> None:
    """Handlers of single fields have names of their own: kopf runs them again after a restart."""
    changing = REGISTRY._changing.get_all_handlers()  # noqa: SLF001 - kopf shows them nowhere else
    assert all(handler.field is None for handler in changing)
    names = [(str(handler.reason), handler.id) for handler in changing]
    assert len(names) == len(set(names))


def test_kopf_keeps_no_time() -> None:
    """Its timers overlap with its handlers, and end for ever with one wrong error."""
    assert not REGISTRY._spawning.get_all_handlers()  # noqa: SLF001 - as above


def test_only_what_does_not_wait_for_aws_runs_in_the_event_loop() -> None:
    kinds = REGISTRY._changing, REGISTRY._watching  # noqa: SLF001 - as above
    found = {handler.fn for kind in kinds for handler in kind.get_all_handlers()}
    prompt = {handlers.observed, handlers.changed, handlers.resumed}
    assert {fn for fn in found if inspect.iscoroutinefunction(fn)} == prompt
    assert found - prompt == {handlers.deleted}


def test_what_kopf_remembers_is_no_part_of_the_status(settings: kopf.OperatorSettings) -> None:
    """There it would need room in the schema, and a merge patch would mix the two."""
    persistence = settings.persistence
    assert type(persistence.progress_storage) is kopf.AnnotationsProgressStorage
    assert type(persistence.diffbase_storage) is kopf.AnnotationsDiffBaseStorage


def test_deletions_are_worked_on_by_so_many_threads_at_most(
    settings: kopf.OperatorSettings,
) -> None:
    assert settings.execution.max_workers == handlers.THREADS


def test_a_deletion_that_is_held_up_is_tried_again_later_each_time_but_soon_enough() -> None:
    delays = []
    for retry in range(5):
        memo = kopf.Memo(worker=Stubborn())
        with pytest.raises(kopf.TemporaryError) as again:
            handlers.deleted(body=body(), memo=memo, retry=retry)
        delays.append(again.value.delay)
    assert delays == [5, 10, 20, 30, 30]
