"""Deletion: applies the deletion policy, and reports the progress and blockers of a deletion."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dataflowxpress.api.errors import Superseded, Unfinished
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Status
from dataflowxpress.planning.plan import retain_none
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Outcome
from dataflowxpress.reporting.conditions import ConditionUpdate, set_conditions
from dataflowxpress.reporting.inventory import resource_statuses
from dataflowxpress.reporting.outcomes import failures, summarize_failures

from .connector import Connection
from .store import PipelineStore

REPORT_INTERVAL = 1.0  # seconds between two progress reports
TIME_SLICE = 300.0  # seconds after which the operator lets other deletions have their turn
UNBLOCK = (
    "fix the cause, or set spec.deletionPolicy to RetainData, which keeps bucket and database, or"
    " to Retain, which keeps everything"
)


def keeps_data(resource: Id) -> bool:
    """Return whether a resource is of a kind that keeps data."""
    return Resource.kinds[resource.kind].keeps_data


RETAINED: dict[str, Callable[[Id], bool]] = {  # resources that each deletion policy retains
    "RetainData": keeps_data,
    "Delete": retain_none,
    "Retain": lambda _: True,
}


def goes_if_empty(spec: DataPipelineSpec, which: Id) -> bool:
    """Return whether `RetainData` removes a resource that holds no data.

    It removes a database. An adopted database may have existed before the pipeline, and stays.
    """
    adopts = spec.adopt or spec.catalog.adopt
    return spec.deletion_policy == "RetainData" and which.kind == "Database" and not adopts


def deleting(status: Status, outcomes: Sequence[Outcome]) -> Status:
    """Return the status after an attempt to delete the resources."""
    resources = resource_statuses(outcomes, status)
    status = status.model_copy(update={"resources": resources, "drift": ()})
    failed = failures(outcomes)
    message = summarize_failures(failed)
    blocked = any(_is_blocking(problem) for _, problem in failed)
    return set_conditions(
        status,
        ConditionUpdate("Ready", False, Reason.DELETING, message),
        ConditionUpdate("Reconciling", True, Reason.DELETING),
        ConditionUpdate("Stalled", True, Reason.DELETION_BLOCKED, f"{message}: {UNBLOCK}")
        if blocked
        else ConditionUpdate("Stalled", False, Reason.PROGRESSING),
    )


def _is_blocking(problem: Problem) -> bool:
    """Return whether retries alone are not expected to solve the problem."""
    return problem.needs_person or problem.reason is Reason.APPLY_FAILED


@dataclass
class DeletionProgress:
    """Reports the progress of a long deletion in the status.

    Stops the deletion when the spec changes, or after *time_slice* seconds: a later attempt
    continues where it stopped.
    """

    store: PipelineStore
    pipeline: Pipeline
    time_slice: float = math.inf
    clock: Callable[[], float] = time.monotonic
    _started_at: float = field(default=math.inf, init=False)
    _reported_at: float = field(default=float("-inf"), init=False)

    def __call__(self, resource: Id, message: str) -> None:
        """Report *message* at most once per interval; raises Superseded or Unfinished to stop."""
        self._started_at = min(self._started_at, self.clock())
        if self.clock() - self._started_at > self.time_slice:
            raise Unfinished(f"{message}; the deletion continues after other deletions")
        if self.clock() - self._reported_at < REPORT_INTERVAL:
            return
        self._reported_at = self.clock()
        body = self.store.pipeline(self.pipeline.namespace, self.pipeline.name)
        if body is None or Pipeline(body).generation != self.pipeline.generation:
            raise Superseded("the spec changed during the deletion: the operator starts over")
        status = set_conditions(
            _with_message(Pipeline(body).status, resource, message),
            ConditionUpdate("Ready", False, Reason.DELETING, f"{resource}: {message}"),
            ConditionUpdate("Reconciling", True, Reason.DELETING),
        )
        self.store.write_status(self.pipeline.namespace, self.pipeline.name, status)


def _with_message(status: Status, resource: Id, message: str) -> Status:
    update = {"state": "Deleting", "message": message}
    entries = (
        each.model_copy(update=update) if each.id == resource else each for each in status.resources
    )
    return status.model_copy(update={"resources": tuple(entries)})


def delete_empty(connection: Connection, may_go: Sequence[Id]) -> None:
    """Delete what holds no data and still carries the owner tag; a failure leaves it in AWS."""
    if empty := [which for which in may_go if connection.engine.is_empty(which)]:
        connection.engine.apply(connection.engine.plan(connection.scope, [], empty))
