"""Reconcile: make one pipeline true in AWS and say on it what is true."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from . import deletion, runs, verdicts
from .blueprint import blueprint
from .clients import Identity, clients, identity
from .core.plan import Action, Outcome, Step
from .core.resource import Resource, Scope
from .core.status import Status
from .deletion import STAYS, Progress, keeps_data
from .engine import Engine
from .errors import Blocked, InvalidSpec, PipelineError, Refused
from .pipeline import Pipeline
from .rules import Rules
from .runs import Remedy
from .store import Store

UNCONFIRMED = 60  # seconds until it is looked whether somebody has clicked the link
Expected = (PipelineError, ClientError, BotoCoreError)


@dataclass
class Report:
    """What a reconciliation found."""

    status: Status
    settled: bool  # nothing is left to be tried again soon
    resync: float = 600  # seconds until everything is to be compared again
    busy: bool = False  # data is on the move: look again soon
    compare: bool = False  # something stands still: compare everything now
    events: list[verdicts.Event] = field(default_factory=list)


class Place(NamedTuple):
    """Where a pipeline lives, and what works there."""

    scope: Scope
    client: Callable[[str], Any]
    engine: Engine


class Reconciler:
    """Reconciles the pipelines of one store; knows nothing of kopf.

    *tell* hears of each step as soon as it is done.
    """

    def __init__(
        self,
        store: Store,
        patience: float = 60,
        tell: Callable[[Outcome], None] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._rules = rules or Rules()
        self._store, self._watcher, self._tell = store, runs.Watcher(patience), tell

    def reconcile(self, namespace: str, name: str) -> Report | None:
        """Make the pipeline true; None where it is gone."""
        return self._answer(namespace, name, self._reconciled)

    def look(self, namespace: str, name: str) -> Report | None:
        """Bring what is said of the data up to date, and only that; None where it is gone."""
        return self._answer(namespace, name, self._looked)

    def delete(self, namespace: str, name: str) -> Report | None:
        """Remove from AWS what the deletion policy does not keep; settled when all is gone."""
        return self._answer(namespace, name, self._deleted, going=True)

    def plan(self, pipeline: Pipeline) -> list[Step]:
        """Return what a reconciliation would do, and raise what it would report; reads only."""
        place, wanted = self.describe(pipeline)
        return _steps(place, wanted, pipeline.status)

    def _answer(
        self, namespace: str, name: str, work: Callable[[Pipeline], Report], *, going: bool = False
    ) -> Report | None:
        """Do *work* on the pipeline as it is now, and write down what it says if that is new."""
        body = self._store.pipeline(namespace, name)
        if body is None or Pipeline(body).going != going:
            return None
        pipeline = Pipeline(body)
        try:
            report = work(pipeline)
        except Expected as error:
            report = Report(verdicts.failed(_answered(pipeline), error), settled=False)
        self._write(pipeline, report.status)
        report.events = verdicts.news(pipeline.status, report.status)
        return report

    def _reconciled(self, pipeline: Pipeline) -> Report:
        status = _answered(pipeline)
        if pipeline.paused:
            return Report(verdicts.paused(status), settled=True)
        place, wanted = self.describe(pipeline)
        steps = _steps(place, wanted, status)
        if pipeline.planning:
            return Report(verdicts.only_planned(status, steps), settled=True)
        if pipeline.applied_before and pipeline.spec.drift_policy == "Report":
            return self._with_data(pipeline, place, wanted, verdicts.reported(status, steps))
        planned = verdicts.planned(status, steps, pipeline.spec.tags)
        if _traces(planned) != _traces(status):  # written before the first write to AWS
            self._write(pipeline, planned)
        outcomes = _apply(place.engine, steps)
        status = status.model_copy(update={"tag_keys": planned.tag_keys})
        status = verdicts.applied(status, outcomes, drifted=pipeline.applied_before)
        if any(outcome.error for outcome in outcomes):
            return Report(status, settled=False)
        status = status.model_copy(update={"tag_keys": tuple(sorted(pipeline.spec.tags))})
        return self._with_data(pipeline, place, wanted, status)

    def _looked(self, pipeline: Pipeline) -> Report:
        if pipeline.unanswered or pipeline.paused:
            return self._reconciled(pipeline)
        place, wanted = self.describe(pipeline)
        return self._with_data(pipeline, place, wanted, pipeline.status)

    def _deleted(self, pipeline: Pipeline) -> Report:
        status, stays = _answered(pipeline), STAYS[pipeline.spec.deletion_policy]
        if all(map(stays, status.inventory)):
            return Report(status, settled=True)
        if pipeline.paused:
            return Report(verdicts.paused(status), settled=False)
        place = self._place(pipeline)
        steps = place.engine.plan(place.scope, [], status.inventory, stays)
        outcomes = place.engine.apply(steps, Progress(self._store, pipeline))
        status = deletion.after(status, outcomes)
        return Report(status, settled=all(map(stays, status.inventory)))

    def describe(self, pipeline: Pipeline) -> tuple[Place, list[Resource]]:
        """Return where the pipeline lives, and the resources that it stands for."""
        script = self._script(pipeline)
        place = self._place(pipeline)
        return place, blueprint(pipeline.spec, place.scope, script=script)

    def _place(self, pipeline: Pipeline) -> Place:
        spec = pipeline.spec
        self._rules.check_spec(pipeline.namespace, spec)
        me = identity(spec.region, spec.role_arn)
        self._rules.check_identity(pipeline.namespace, me)
        _check_home(pipeline.status, me)
        if spec.account_id not in {None, me.account}:
            raise Refused(
                f"spec.accountId is {spec.account_id}, but the operator's credentials are for"
                f" {me.account}: set spec.roleArn to a role in {spec.account_id}, or correct the id"
            )
        client = clients(spec.region, spec.role_arn)
        scope = Scope(
            pipeline.owner,
            *(me.account, me.region, me.partition),
            tags=spec.tags,
            cluster=self._store.uid,
            uid=pipeline.uid,
            adopt=spec.adopt,
            boundary=self._rules.permissions_boundary or "",
            retired_tags=frozenset(pipeline.status.tag_keys) - spec.tags.keys(),
        )
        return Place(scope, client, Engine(client, tell=self._tell))

    def _script(self, pipeline: Pipeline) -> bytes | None:
        asked = pipeline.spec.job.script
        if asked.inline:
            return asked.inline.encode()
        if not (ref := asked.config_map_key_ref):
            return None
        text = self._store.config_map_value(pipeline.namespace, ref.name, ref.key)
        if text is None:
            where = "spec.job.script.configMapKeyRef"
            raise InvalidSpec(where, f"there is no ConfigMap {ref.name} with key {ref.key}: add it")
        return text.encode()

    def _with_data(
        self, pipeline: Pipeline, place: Place, wanted: Sequence[Resource], status: Status
    ) -> Report:
        """Add what is known of the data; not knowing it makes the resources no less true."""
        spec = pipeline.spec
        try:
            seen = self._watcher.look(place.client, spec, wanted, status)
            status = verdicts.judged(seen.status, seen.fact)
            hand = runs.Hand(place.client, spec, wanted)
            if seen.remedy:
                self._write(pipeline, status)  # before the attempt, so that it surely counts
                hand.set_going(seen.remedy)
            status = hand.grant(pipeline.wishes, status)
        except (ClientError, BotoCoreError) as error:
            return Report(verdicts.data_unknown(status, error), settled=False)
        settled = (ready := status["Ready"]) is not None and ready.status == "True"
        asked = status["SubscriptionsConfirmed"]
        soon = UNCONFIRMED if asked is not None and asked.status == "False" else math.inf
        resync = min(spec.resync_seconds, soon)
        busy = seen.busy or pipeline.has_wishes
        compare = seen.remedy is Remedy.COMPARE
        return Report(status, settled, resync=resync, busy=busy, compare=compare)

    def _write(self, pipeline: Pipeline, status: Status) -> None:
        if status != pipeline.status:
            self._store.write_status(pipeline.namespace, pipeline.name, status)


def _answered(pipeline: Pipeline) -> Status:
    """Return the status as one about the spec and the request of now."""
    answer = {
        "observed_generation": pipeline.generation,
        "reconcile_handled_at": pipeline.requested,
    }
    return pipeline.status.model_copy(update=answer)


def _steps(place: Place, wanted: Sequence[Resource], status: Status) -> list[Step]:
    return place.engine.plan(place.scope, wanted, status.inventory, keeps_data)


def _traces(status: Status) -> tuple[object, ...]:
    """Return what has to be known to find again all that we leave in AWS."""
    return status.inventory, status.tag_keys


def _check_home(status: Status, me: Identity) -> None:
    """Refuse to act elsewhere than where the pipeline is: its resources would be left behind."""
    for line in status.resources:
        region, account = (line.arn.split(":") + [""] * 5)[3:5]
        if region not in {"", me.region} or account not in {"", me.account}:
            raise Refused(
                f"the pipeline's resources are in account {account}, {region or 'any region'},"
                f" and the operator would now act in account {me.account}, {me.region}: put"
                " spec.roleArn, spec.region or the operator's own identity back, or create a new"
                " DataPipeline there"
            )


def _apply(engine: Engine, steps: Sequence[Step]) -> list[Outcome]:
    """Carry the steps out; what is no longer wanted goes only when all else has succeeded."""
    prune = [step for step in steps if step.action is Action.DELETE]
    outcomes = engine.apply(step for step in steps if step.action is not Action.DELETE)
    if any(outcome.error for outcome in outcomes):
        waits = Blocked("stays until everything else is as specified")
        return [*outcomes, *(Outcome(step, waits) for step in prune)]
    return [*outcomes, *engine.apply(prune)]
