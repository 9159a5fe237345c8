"""Reconciler: makes AWS match the spec of one pipeline, and reports the result in its status."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress import dataplane
from dataflowxpress.api.errors import PipelineError
from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.status import Status
from dataflowxpress.aws.at_rest import AtRest
from dataflowxpress.aws.clients import ClientsFor
from dataflowxpress.aws.errors import problem
from dataflowxpress.aws.precedence import PRECEDENCE
from dataflowxpress.aws.turns import on_behalf
from dataflowxpress.blueprint import blueprint
from dataflowxpress.dataplane import RecoveryAction
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Action, Outcome, Step
from dataflowxpress.reporting import events
from dataflowxpress.reporting import status as reporting
from dataflowxpress.reporting.conditions import set_conditions

from . import deletion, prerequisites
from .comparison import Comparison, compared, possible, priority
from .connector import Connection, Connector
from .custom_script import custom_script
from .deletion import RETAINED, DeletionProgress
from .pruning import apply_and_prune
from .result import Result
from .store import PipelineStore
from .tenancy import TenantPolicy

Expected = (PipelineError, ClientError, BotoCoreError)


class Reconciler:
    """Reconciles the pipelines of one store, independently of kopf.

    Calls *on_outcome* with the outcome of each step as soon as it is known. A deletion stops after
    *deletion_slice* seconds, so that its next attempt continues. Before the first write, *approve*
    gets the plan, and returns the steps to apply; an exception that it raises passes. An approved
    plan is applied whatever `spec.driftPolicy` says. With *at_rest*, routine comparisons of
    converged pipelines share what they read. Without *lists*, each resource is read itself.
    *clients_for* replaces the clients with the operator's own credentials.
    """

    def __init__(  # noqa: PLR0913 - each but the store has a default
        self,
        store: PipelineStore,
        stall_timeout: float = 60,
        on_outcome: Callable[[Outcome], None] | None = None,
        tenant_policy: TenantPolicy | None = None,
        *,
        approve: Callable[[list[Step]], list[Step]] | None = None,
        deletion_slice: float = math.inf,
        at_rest: AtRest | None = None,
        lists: bool = True,
        clients_for: ClientsFor | None = None,
    ) -> None:
        self._store, self._monitor = store, dataplane.DataMonitor(stall_timeout)
        self._deletion_slice = deletion_slice
        policy = tenant_policy or TenantPolicy()
        self._connector = Connector(store, policy, on_outcome, clients_for, lists=lists)
        self._approve, self._comparison = approve, Comparison(at_rest)

    def reconcile(self, namespace: str, name: str) -> Result | None:
        """Make AWS match the spec; returns None if the pipeline does not exist."""
        return self._process(namespace, name, self._reconciled)

    def reconcile_as_planned(self, namespace: str, name: str, planned: list[Step]) -> Result | None:
        """Reconcile without another comparison: *planned* is the plan of this moment."""
        work = functools.partial(self._reconciled, planned=planned)
        return self._process(namespace, name, work)

    def poll(self, namespace: str, name: str) -> Result | None:
        """Update the status of the data only; returns None if the pipeline does not exist."""
        return self._process(namespace, name, self._polled)

    def observe(self, namespace: str, name: str) -> Result | None:
        """Return the status with the data as of now; unlike `poll`, this starts no work."""
        return self._process(namespace, name, self._observed)

    def delete(self, namespace: str, name: str) -> Result | None:
        """Delete the resources that the policy does not retain; succeeds when all are gone."""
        return self._process(namespace, name, self._deleted, is_deleting=True)

    def release(self, reference: Reference, result: Result) -> bool:
        """Let the object go after its deletion; False if its spec is newer than *result*."""
        body = self._store.pipeline(*reference.key)
        if body is None or Pipeline(body).uid != reference.uid:
            return True
        pipeline = Pipeline(body)
        if pipeline.generation != result.status.observed_generation:
            return False
        self._store.release(pipeline)
        return True

    def read_all(self, namespace: str, name: str) -> None:
        """Read all resources of the pipeline in its next comparison."""
        self._comparison.read_all(f"{namespace}/{name}")

    def forget(self, namespace: str, name: str) -> None:
        """Drop what is remembered of a deleted pipeline."""
        self._monitor.forget(f"{namespace}/{name}")
        self._comparison.forget(f"{namespace}/{name}")

    def plan(self, pipeline: Pipeline) -> list[Step]:
        """Return the steps of a reconciliation, read-only; raises the errors it would report."""
        connection, wanted = self._checked(pipeline)
        return possible(pipeline, compared(connection, wanted, pipeline.status))

    def effects(self, pipeline: Pipeline, steps: Sequence[Step]) -> list[str]:
        """Return what *steps* mean for the data; read-only."""
        connection, wanted = self.describe(pipeline)
        return _effects(connection, pipeline, wanted, steps)

    def _process(
        self,
        namespace: str,
        name: str,
        work: Callable[[Pipeline], Result],
        *,
        is_deleting: bool = False,
    ) -> Result | None:
        """Do *work* on the current pipeline, and write its status if it changed."""
        body = self._store.pipeline(namespace, name)
        if body is None or Pipeline(body).is_deleting != is_deleting:
            return None
        pipeline = Pipeline(body)
        if not is_deleting and not self._store.hold(pipeline):
            return None
        try:
            urgency = priority(pipeline)
            with PRECEDENCE.of(urgency), on_behalf(urgency, namespace):
                result = work(pipeline)
        except Expected as error:
            result = Result(
                reporting.failed(_with_observed_generation(pipeline), problem(error)), success=False
            )
        self._write(pipeline, result.status)
        result.events = [
            *events.events_between(pipeline.status, result.status),
            *dataplane.events_between(pipeline.status, result.status),
        ]
        return result

    def _reconciled(self, pipeline: Pipeline, planned: list[Step] | None = None) -> Result:
        status = _with_observed_generation(pipeline)
        if pipeline.paused:
            return Result(reporting.paused(status), success=True)
        connection, wanted = self._checked(pipeline)
        steps = planned
        if steps is None:
            steps = possible(pipeline, self._comparison.steps(pipeline, connection, wanted))
        status = reporting.compared(status)
        if pipeline.planning:
            effects = _effects(connection, pipeline, wanted, steps)
            status = reporting.planned(status, steps, effects)
            return Result(status, success=True, access=connection.access)
        changes = steps  # with the creation of the bucket, which an approval carries out
        if self._approve:
            steps = self._approve(steps)
        elif pipeline.applied_before and pipeline.spec.drift_policy == "Report":
            status = reporting.reported(status, steps)
            return self._with_data(pipeline, connection, wanted, status, changes=())
        applying = reporting.applying(status, steps, pipeline.spec.tags)
        if _recorded(applying) != _recorded(status):  # written before the first write to AWS
            self._write(pipeline, applying)
        outcomes = apply_and_prune(connection.engine, steps)
        status = status.model_copy(update={"tag_keys": applying.tag_keys})
        status = reporting.applied(status, outcomes, drifted=pipeline.applied_before)
        if any(outcome.problem for outcome in outcomes):
            return Result(status, success=False, access=connection.access)
        status = reporting.converged(status, pipeline.spec.tags)
        return self._with_data(pipeline, connection, wanted, status, changes=changes)

    def _polled(self, pipeline: Pipeline) -> Result:
        if pipeline.needs_reconciliation or pipeline.paused:
            return self._reconciled(pipeline)
        connection, wanted = self.describe(pipeline)
        return self._with_data(pipeline, connection, wanted, pipeline.status)

    def _observed(self, pipeline: Pipeline) -> Result:
        connection, wanted = self.describe(pipeline)
        path = dataplane.DataPath(connection.client, pipeline.spec, wanted, pipeline.status)
        report = self._monitor.poll(path)
        status = set_conditions(report.status, report.condition)
        return Result(status, success=True, busy=report.busy)

    def _deleted(self, pipeline: Pipeline) -> Result:
        status = _with_observed_generation(pipeline)
        if not status.inventory:  # even if the spec is invalid
            return Result(status, success=True)
        retain = RETAINED[pipeline.spec.deletion_policy]
        done = all(map(retain, status.inventory))
        may_go = [i for i in status.inventory if deletion.goes_if_empty(pipeline.spec, i)]
        if done and (pipeline.paused or not may_go):
            return Result(status, success=True)
        if pipeline.paused:
            return Result(reporting.paused(status), success=False)
        connection = self._connector.of(pipeline)
        steps = connection.engine.plan(connection.scope, [], status.inventory, retain)
        progress = DeletionProgress(self._store, pipeline, self._deletion_slice)
        outcomes = connection.engine.apply(steps, progress)
        status = deletion.deleting(status, outcomes)
        if done := all(map(retain, status.inventory)):  # nothing can fill a database any more
            deletion.delete_empty(connection, may_go)
        return Result(status, success=done, access=connection.access)

    def describe(self, pipeline: Pipeline) -> tuple[Connection, list[Resource]]:
        """Return the connection of the pipeline and its desired resources."""
        script = custom_script(pipeline, self._store)
        connection = self._connector.of(pipeline)
        wanted = blueprint(pipeline.spec, connection.scope, script=script)
        return connection, dataplane.with_requests(wanted, pipeline.status)

    def _checked(self, pipeline: Pipeline) -> tuple[Connection, list[Resource]]:
        """Return what `describe` does; raises Refused if a service cannot use what a spec names."""
        connection, wanted = self.describe(pipeline)
        prerequisites.check(connection, pipeline.spec, wanted)
        return connection, wanted

    def _with_data(
        self,
        pipeline: Pipeline,
        connection: Connection,
        wanted: Sequence[Resource],
        status: Status,
        *,
        changes: Sequence[Step] | None = None,
    ) -> Result:
        """Add the status of the data; an error there does not affect the resources' conditions.

        *changes* are those of a comparison, None for a poll. If they rewrite tables, the job has to
        convert objects again, and no upload may follow to start it.
        """
        spec, client = pipeline.spec, connection.client
        path = dataplane.DataPath(client, spec, wanted, status)
        try:
            if changes is None:
                report = self._monitor.recheck(path)
            else:
                created = {step.id for step in changes if step.action is Action.CREATE}
                report = self._monitor.poll(path, created)
            status = set_conditions(report.status, report.condition)
            handler = dataplane.RequestHandler(client, spec, wanted)
            if spec.job.script.packaged and dataplane.rewrites(changes or ()):
                handler.trigger(RecoveryAction.RUN)
            if report.action:
                self._write(pipeline, status)  # counts the attempt even if it fails
                handler.trigger(report.action)
            status = handler.fulfil(pipeline.data_requests, status)
        except Expected as error:
            status = reporting.data_unknown(status, problem(error))
            return Result(status, success=False, access=connection.access)
        success = status.holds("Ready")
        busy = report.busy or pipeline.has_open_requests
        compare = report.action is RecoveryAction.COMPARE
        resync, access = spec.resync_seconds, connection.access
        return Result(status, success, resync=resync, busy=busy, compare=compare, access=access)

    def _write(self, pipeline: Pipeline, status: Status) -> None:
        if reporting.is_worth_a_write(pipeline.status, status):
            self._store.write_status(pipeline.namespace, pipeline.name, status)


def _with_observed_generation(pipeline: Pipeline) -> Status:
    """Return the status with the generation and the request that it is about to answer."""
    update = {
        "observed_generation": pipeline.generation,
        "reconcile_handled_at": pipeline.requested,
    }
    return pipeline.status.model_copy(update=update)


def _effects(
    connection: Connection, pipeline: Pipeline, wanted: Sequence[Resource], steps: Sequence[Step]
) -> list[str]:
    """Return what *steps* mean for the data; an error there does not hide the plan."""
    try:
        return list(dataplane.effects_of(connection.client, pipeline.spec, wanted, steps))
    except Expected as error:
        return [f"the effect on converted objects is unknown: {problem(error).message}"]


def _recorded(status: Status) -> tuple[object, ...]:
    """Return the records that are needed to find everything in AWS again."""
    return status.inventory, status.tag_keys
