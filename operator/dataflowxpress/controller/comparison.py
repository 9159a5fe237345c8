"""Comparison: the plan of a pipeline, from states read for it or shared by its account."""

from __future__ import annotations

from collections.abc import Sequence

from dataflowxpress import dataplane
from dataflowxpress.api.errors import InvalidSpec
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.status import Status
from dataflowxpress.aws.at_rest import AtRest
from dataflowxpress.aws.turns import Priority
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Step

from .connector import Connection
from .deletion import keeps_data


class Comparison:
    """Compares pipelines with AWS; with *at_rest*, converged ones share what they read."""

    def __init__(self, at_rest: AtRest | None) -> None:
        self._at_rest = at_rest
        self._changed = set[str]()  # owners of resources that others have changed

    def steps(
        self, pipeline: Pipeline, connection: Connection, wanted: Sequence[Resource]
    ) -> list[Step]:
        """Return the steps; only a plan without writes follows from states that are shared."""
        if self._at_rest is None:
            return compared(connection, wanted, pipeline.status)
        if pipeline.owner not in self._changed and _is_at_rest(pipeline, wanted):
            engine, max_age = connection.engine, pipeline.spec.resync_seconds / 2
            shared = engine.plan_at_rest(connection.scope, wanted, self._at_rest, max_age)
            if shared is not None:
                return shared
        self._changed.discard(pipeline.owner)  # before the reads: a later change needs others
        steps = compared(connection, wanted, pipeline.status)
        self._at_rest.record(connection.scope, steps)
        return steps

    def read_all(self, owner: str) -> None:
        """Read all resources in the next comparison: the shared states are older than a change."""
        if self._at_rest:
            self._changed.add(owner)

    def forget(self, owner: str) -> None:
        """Drop what is known of a deleted pipeline."""
        self._changed.discard(owner)
        if self._at_rest:
            self._at_rest.forget(owner)


def compared(connection: Connection, wanted: Sequence[Resource], status: Status) -> list[Step]:
    """Return the steps from states that are all read for them."""
    return connection.engine.plan(connection.scope, wanted, status.inventory, keeps_data)


def possible(pipeline: Pipeline, steps: list[Step]) -> list[Step]:
    """Return *steps*; raises InvalidSpec if tables cannot follow them. Drift is no new spec."""
    mistakes = [] if pipeline.applied_before else dataplane.mistakes_of(steps)
    if mistakes:
        raise InvalidSpec(*mistakes)
    return steps


def _is_at_rest(pipeline: Pipeline, wanted: Sequence[Resource]) -> bool:
    """Return whether the pipeline has converged, its data moves, and no request waits."""
    status, current = pipeline.status, pipeline.status["DataCurrent"]
    return (
        pipeline.applied_before
        and not pipeline.needs_reconciliation
        and not pipeline.planning
        and status.holds("Ready")
        and status.recovery is None
        and not (current and current.status == "Unknown")
        and {*status.inventory} == {each.id for each in wanted}
    )


def priority(pipeline: Pipeline) -> Priority:
    """Return the priority of calls to AWS: a change precedes routine until it is applied."""
    if pipeline.is_deleting:
        return Priority.DELETION
    if pipeline.needs_reconciliation or not pipeline.applied_before:
        return Priority.REQUEST
    return Priority.ROUTINE
