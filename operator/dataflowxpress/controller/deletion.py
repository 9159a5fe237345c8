"""Deletion: what goes with a pipeline, how far it is meanwhile, and what says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dataflowxpress.api.errors import Superseded
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Status
from dataflowxpress.planning.plan import Outcome, nothing_stays
from dataflowxpress.planning.resource import Resource
from dataflowxpress.reporting.conditions import ConditionUpdate, listed
from dataflowxpress.reporting.outcomes import failures, resource_statuses
from dataflowxpress.reporting.status import set_conditions

from .store import PipelineStore

TELL = 1.0  # seconds between two words on how far it is
EASED = (
    "do what the message says, or set spec.deletionPolicy to RetainData, which leaves bucket and"
    " database, or to Retain, which leaves everything"
)


def keeps_data(which: Id) -> bool:
    """Say whether a resource is of a kind that keeps data."""
    return Resource.kinds[which.kind].keeps_data


STAYS: dict[str, Callable[[Id], bool]] = {  # what each deletion policy lets be
    "RetainData": keeps_data,
    "Delete": nothing_stays,
    "Retain": lambda _: True,
}


def goes_if_empty(spec: DataPipelineSpec, which: Id) -> bool:
    """Return whether `RetainData` removes a resource that holds no data.

    It removes a database. An adopted database may have existed before the pipeline, and stays.
    """
    adopts = spec.adopt or spec.catalog.adopt
    return spec.deletion_policy == "RetainData" and which.kind == "Database" and not adopts


def after(status: Status, outcomes: Sequence[Outcome]) -> Status:
    """Return what is to be said when as much has gone as could."""
    status = status.model_copy(update={"resources": resource_statuses(outcomes), "drift": ()})
    failed = failures(outcomes)
    said = listed(list(map(str, failed)))
    stuck = any(_is_blocking(problem) for _, problem in failed)
    return set_conditions(
        status,
        ConditionUpdate("Ready", False, Reason.DELETING, said),
        ConditionUpdate("Reconciling", True, Reason.DELETING),
        ConditionUpdate("Stalled", True, Reason.DELETION_BLOCKED, f"{said}: {EASED}")
        if stuck
        else ConditionUpdate("Stalled", False, Reason.PROGRESSING),
    )


def _is_blocking(problem: Problem) -> bool:
    """Whether it does not pass by itself."""
    return problem.needs_person or problem.reason is Reason.APPLY_FAILED


def no_heartbeat() -> None:
    """Let nobody know that a deletion gets on."""


@dataclass
class DeletionProgress:
    """Tells on the resource how far a long deletion is, and ends it when the spec has changed.

    *get_on* hears of every step of it.
    """

    store: PipelineStore
    pipeline: Pipeline
    heartbeat: Callable[[], None] = no_heartbeat
    clock: Callable[[], float] = time.monotonic
    _told: float = field(default=float("-inf"), init=False)

    def __call__(self, which: Id, said: str) -> None:
        """Write *said* down, now and then; raises Superseded when it is no longer what is asked."""
        self.heartbeat()
        if self.clock() - self._told < TELL:
            return
        self._told = self.clock()
        body = self.store.pipeline(self.pipeline.namespace, self.pipeline.name)
        if body is None or Pipeline(body).generation != self.pipeline.generation:
            raise Superseded("the spec has changed meanwhile: it is looked at anew")
        status = _with_line(Pipeline(body).status, which, said)
        fact = ConditionUpdate("Ready", False, Reason.DELETING, f"{which}: {said}")
        told = set_conditions(status, fact, ConditionUpdate("Reconciling", True, Reason.DELETING))
        self.store.write_status(self.pipeline.namespace, self.pipeline.name, told)


def _with_line(status: Status, which: Id, said: str) -> Status:
    update = {"state": "Deleting", "message": said}
    lines = (
        line.model_copy(update=update) if line.id == which else line for line in status.resources
    )
    return status.model_copy(update={"resources": tuple(lines)})
