"""Reconcile: make one pipeline true in AWS and say on it what is true."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from . import runs
from .blueprint import blueprint
from .clients import clients, identity
from .cluster import Cluster
from .core.plan import Action, Outcome, Step
from .core.resource import Id, Resource, Scope
from .core.status import (
    Drift,
    Fact,
    Line,
    Status,
    Words,
    facts_of,
    lines_of,
    planned_lines,
    with_conditions,
)
from .engine import Engine
from .errors import InvalidSpec, Meaning, PipelineError, Refused, explain, meaning
from .spec import GROUP, DataPipelineSpec

log = logging.getLogger(__name__)

PAUSED = f"{GROUP}/paused"
REQUESTED = f"{GROUP}/reconcile-requested-at"
NEEDS_PERSON = {Meaning.REFUSED, Meaning.DENIED, Meaning.UNAUTHENTICATED, Meaning.INVALID}
WORDS = Words(
    reason=lambda error: meaning(error).value,
    message=explain,
    needs_person=lambda error: meaning(error) in NEEDS_PERSON,
)


class Event(NamedTuple):
    """Something that has happened, for `kubectl describe`."""

    type: str  # Normal or Warning
    reason: str
    message: str


@dataclass
class Report:
    """What a reconciliation found."""

    status: Status
    settled: bool  # nothing is left to be tried again soon
    resync: float = 600  # seconds until everything is to be compared again
    busy: bool = False  # data is on the move: look again soon
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Pipeline:
    """A DataPipeline as the API server has it."""

    body: Mapping[str, Any]

    @property
    def namespace(self) -> str:
        """Where it is."""
        return str(self.body["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.body["metadata"]["name"])

    @property
    def generation(self) -> int:
        """Which version of the spec it is."""
        return int(self.body["metadata"]["generation"])

    @property
    def annotations(self) -> Mapping[str, str]:
        """What was asked for beside the spec."""
        return self.body["metadata"].get("annotations") or {}

    @property
    def status(self) -> Status:
        """What was last said of it."""
        return Status.model_validate(self.body.get("status") or {})

    @property
    def paused(self) -> bool:
        """Whether it is to be left alone."""
        return self.annotations.get(PAUSED) == "true"

    @property
    def spec(self) -> DataPipelineSpec:
        """The spec; raises InvalidSpec, which names the field and the cure."""
        try:
            return DataPipelineSpec.model_validate(self.body.get("spec") or {})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(["spec", *map(str, first["loc"])])
            raise InvalidSpec(where, first["msg"].removeprefix("Value error, ")) from None

    @property
    def needs_look(self) -> bool:
        """Whether something was asked for that the status does not answer yet."""
        status = self.status
        was_paused = (doing := status["Reconciling"]) is not None and doing.reason == "Paused"
        return (
            status.observed_generation != self.generation
            or status.reconcile_handled_at != self.annotations.get(REQUESTED, "")
            or was_paused != self.paused
        )


class Reconciler:
    """Reconciles pipelines of one cluster; knows nothing of kopf."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._books = runs.Books()

    def reconcile(self, namespace: str, name: str) -> Report | None:
        """Make the pipeline true; None where it is gone."""
        body = self._cluster.pipeline(namespace, name)
        if body is None or body["metadata"].get("deletionTimestamp"):
            return None
        pipeline = Pipeline(body)
        before = pipeline.status
        report = self._reconciled(pipeline, before)
        self._write(pipeline, before, report.status)
        report.events += _news(before, report.status)
        return report

    def look(self, namespace: str, name: str) -> Report | None:
        """Bring what the status says of the data up to date; resources are not compared."""
        body = self._cluster.pipeline(namespace, name)
        if body is None or body["metadata"].get("deletionTimestamp"):
            return None
        pipeline = Pipeline(body)
        before = pipeline.status
        if pipeline.needs_look or pipeline.paused:
            return self.reconcile(namespace, name)
        try:
            here, wanted = self._described(pipeline)
        except (PipelineError, ClientError, BotoCoreError) as error:
            report = Report(_failed(before, error), settled=False)
        else:
            report = self._with_data(here, pipeline, wanted, before)
        self._write(pipeline, before, report.status)
        report.events += _news(before, report.status)
        return report

    def delete(self, namespace: str, name: str) -> Report | None:
        """Remove from AWS what the deletion policy does not keep; settled when all is gone."""
        body = self._cluster.pipeline(namespace, name)
        if body is None:
            return None
        pipeline = Pipeline(body)
        before = pipeline.status
        try:
            status, left = self._deleted(pipeline, before)
        except (PipelineError, ClientError, BotoCoreError) as error:
            status, left = _failed(before, error), before.resources
        self._write(pipeline, before, status)
        return Report(status, settled=not left, events=_news(before, status))

    def _reconciled(self, pipeline: Pipeline, before: Status) -> Report:
        status = before.model_copy(
            update={
                "observed_generation": pipeline.generation,
                "reconcile_handled_at": pipeline.annotations.get(REQUESTED, ""),
            }
        )
        if pipeline.paused:
            paused = Fact("Reconciling", False, "Paused", f"remove {PAUSED} to go on")
            return Report(with_conditions(status, [paused], _now()), settled=True)
        try:
            here, wanted = self._described(pipeline)
            applied, outcomes = self._applied(pipeline, status, here, wanted)
            if any(outcome.error for outcome in outcomes):
                return Report(applied, settled=False)
            return self._with_data(here, pipeline, wanted, applied)
        except (PipelineError, ClientError, BotoCoreError) as error:
            return Report(_failed(status, error), settled=False)

    def _described(self, pipeline: Pipeline) -> tuple[_Here, list[Resource]]:
        spec = pipeline.spec
        script = self._script(pipeline, spec)
        here = _here(pipeline, spec)
        return here, blueprint(spec, here.scope, script=script)

    def _script(self, pipeline: Pipeline, spec: DataPipelineSpec) -> bytes | None:
        asked = spec.job.script
        if asked.inline:
            return asked.inline.encode()
        if not (ref := asked.config_map_key_ref):
            return None
        text = self._cluster.config_map_value(pipeline.namespace, ref.name, ref.key)
        if text is None:
            where = "spec.job.script.configMapKeyRef"
            raise InvalidSpec(where, f"there is no ConfigMap {ref.name} with key {ref.key}: add it")
        return text.encode()

    def _applied(
        self, pipeline: Pipeline, status: Status, here: _Here, wanted: Sequence[Resource]
    ) -> tuple[Status, list[Outcome]]:
        known = pipeline.status.observed_generation == pipeline.generation
        drifted = known and (was := status["Ready"]) is not None and was.status == "True"
        steps = here.engine.plan(here.scope, wanted, status.inventory)
        if drifted and pipeline.spec.drift_policy == "Report":
            return _reported(status, steps), []
        if any(step.action.writes for step in steps):
            self._record(pipeline, status, steps)
        outcomes = _apply(here.engine, steps)
        facts = facts_of(outcomes, WORDS, drifted=drifted)
        status = status.model_copy(update={"resources": lines_of(outcomes, WORDS), "drift": ()})
        return with_conditions(status, facts, _now()), outcomes

    def _record(self, pipeline: Pipeline, status: Status, steps: Sequence[Step]) -> None:
        """Put what will be there into the inventory before the first write: nothing leaks."""
        planned = status.model_copy(update={"resources": planned_lines(steps, status)})
        if planned.resources == pipeline.status.resources:
            return
        facts = [Fact("Reconciling", True, "Applying")]
        if not pipeline.status["Ready"]:
            facts.append(Fact("Ready", False, "Creating", "resources are being created"))
        self._write(pipeline, pipeline.status, with_conditions(planned, facts, _now()))

    def _with_data(
        self, here: _Here, pipeline: Pipeline, wanted: Sequence[Resource], status: Status
    ) -> Report:
        spec = pipeline.spec
        try:
            seen = runs.look(here.client, spec, wanted, self._books)
        except (ClientError, BotoCoreError) as error:
            unknown = Fact("DataCurrent", None, WORDS.reason(error), explain(error))
            return Report(with_conditions(status, [unknown], _now()), settled=False)
        status = status.model_copy(
            update={"last_crawl": seen.last_crawl, "runs": seen.runs, "data": seen.data}
        )
        status = with_conditions(status, [seen.fact], _now())
        ready = status["Ready"]
        settled = ready is not None and ready.status == "True"
        return Report(status, settled=settled, resync=spec.resync_seconds, busy=seen.busy)

    def _deleted(self, pipeline: Pipeline, before: Status) -> tuple[Status, tuple[Line, ...]]:
        spec = pipeline.spec
        lines = [line for line in before.resources if _goes(spec.deletion_policy, line.id)]
        if not lines:
            return before, ()
        here = _here(pipeline, spec)
        steps = here.engine.plan(here.scope, [], [line.id for line in lines])
        outcomes = here.engine.apply(steps)
        left = lines_of(outcomes, WORDS)
        facts = facts_of(outcomes, WORDS, drifted=False)
        status = before.model_copy(update={"resources": left})
        return with_conditions(status, facts, _now()), left

    def _write(self, pipeline: Pipeline, before: Status, after: Status) -> None:
        if after != before:
            self._cluster.write_status(pipeline.namespace, pipeline.name, after)


class _Here(NamedTuple):
    """Where a pipeline lives, and what works there."""

    scope: Scope
    client: Any
    engine: Engine


def _here(pipeline: Pipeline, spec: DataPipelineSpec) -> _Here:
    me = identity(spec.region, spec.role_arn)
    if spec.account_id not in {None, me.account}:
        raise Refused(
            f"spec.accountId is {spec.account_id}, but the operator's credentials are for"
            f" {me.account}: set spec.roleArn to a role in {spec.account_id}, or correct the id"
        )
    owner = f"{pipeline.namespace}/{pipeline.name}"
    scope = Scope(owner, me.account, me.region, me.partition, spec.tags)
    client = clients(spec.region, spec.role_arn)
    return _Here(scope, client, Engine(client))


def _apply(engine: Engine, steps: Sequence[Step]) -> list[Outcome]:
    """Carry the steps out; what is no longer wanted goes only when all else has succeeded."""
    prune = [step for step in steps if step.action is Action.DELETE]
    outcomes = engine.apply(step for step in steps if step.action is not Action.DELETE)
    if any(outcome.error for outcome in outcomes):
        waits = Refused("stays until everything else is as specified")
        return [*outcomes, *(Outcome(step, waits) for step in prune)]
    return [*outcomes, *engine.apply(prune)]


def _goes(policy: str, which: Id) -> bool:
    match policy:
        case "Retain":
            return False
        case "RetainData":
            return not Resource.kinds[which.kind].keeps_data
    return True


def _reported(status: Status, steps: Sequence[Step]) -> Status:
    changed = [step for step in steps if step.action.writes]
    drift = tuple(
        Drift(resource=str(s.id), changes=tuple(map(str, s.changes)) or (s.action.name.lower(),))
        for s in changed
    )
    names = "; ".join(str(step.id) for step in changed)
    fact = Fact("Drifted", bool(changed), "Reported" if changed else "NoDrift", names)
    return with_conditions(status.model_copy(update={"drift": drift}), [fact], _now())


def _failed(status: Status, error: Exception) -> Status:
    """Say why nothing could be done at all."""
    reason, stuck = WORDS.reason(error), WORDS.needs_person(error)
    facts = [
        Fact("Ready", False, reason, explain(error)),
        Fact("Reconciling", not stuck, "Retrying" if not stuck else reason),
        Fact("Stalled", stuck, reason if stuck else "Progressing"),
    ]
    return with_conditions(status, facts, _now())


def _news(before: Status, after: Status) -> list[Event]:
    """Return what has happened between two statuses."""
    events = []
    was, is_ = before["Ready"], after["Ready"]
    if is_ and (was is None or (was.status, was.reason) != (is_.status, is_.reason)):
        kind = "Warning" if is_.status == "False" and is_.reason not in _QUIET else "Normal"
        events.append(Event(kind, is_.reason, is_.message))
    drift = after["Drifted"]
    if drift and drift.reason != "NoDrift" and drift != before["Drifted"]:
        events.append(Event("Warning", f"Drift{drift.reason}", drift.message))
    return events + [Event(*what) for what in runs.news(before, after)]


_QUIET = {"Creating", "WaitingForAWS"}


def _now() -> datetime:
    return datetime.now(UTC)
