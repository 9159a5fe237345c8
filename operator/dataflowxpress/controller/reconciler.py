"""Reconcile: make one pipeline true in AWS and say on it what is true."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress import dataplane as runs
from dataflowxpress.api.errors import PipelineError
from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status
from dataflowxpress.aws.engine import Engine
from dataflowxpress.aws.errors import problem
from dataflowxpress.blueprint import blueprint
from dataflowxpress.dataplane import Remedy
from dataflowxpress.planning.plan import Action, Outcome, Step
from dataflowxpress.planning.resource import Resource
from dataflowxpress.reporting import status as verdicts

from . import deletion
from .connector import Place, Places
from .custom_script import own_script
from .deletion import STAYS, Progress, keeps_data, unheard
from .store import Store
from .tenancy import Rules

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
    events: list[Event] = field(default_factory=list)


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
        self._store, self._watcher = store, runs.Watcher(patience)
        self._places = Places(store, rules or Rules(), tell)

    def reconcile(self, namespace: str, name: str) -> Report | None:
        """Make the pipeline true; None where it is gone."""
        return self._answer(namespace, name, self._reconciled)

    def look(self, namespace: str, name: str) -> Report | None:
        """Bring what is said of the data up to date, and only that; None where it is gone."""
        return self._answer(namespace, name, self._looked)

    def delete(
        self, namespace: str, name: str, get_on: Callable[[], None] = unheard
    ) -> Report | None:
        """Remove from AWS what the deletion policy does not keep; settled when all is gone.

        *get_on* is called as long as it gets on.
        """
        return self._answer(namespace, name, partial(self._deleted, get_on), going=True)

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
            report = Report(verdicts.failed(_answered(pipeline), problem(error)), settled=False)
        self._write(pipeline, report.status)
        report.events = [
            *verdicts.news(pipeline.status, report.status),
            *runs.news(pipeline.status, report.status),
        ]
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
        if any(outcome.problem for outcome in outcomes):
            return Report(status, settled=False)
        status = verdicts.settled(status, pipeline.spec.tags)
        return self._with_data(pipeline, place, wanted, status)

    def _looked(self, pipeline: Pipeline) -> Report:
        if pipeline.unanswered or pipeline.paused:
            return self._reconciled(pipeline)
        place, wanted = self.describe(pipeline)
        return self._with_data(pipeline, place, wanted, pipeline.status)

    def _deleted(self, get_on: Callable[[], None], pipeline: Pipeline) -> Report:
        status = _answered(pipeline)
        if not status.inventory:  # whatever the spec says, and if it makes no sense
            return Report(status, settled=True)
        stays = STAYS[pipeline.spec.deletion_policy]
        if all(map(stays, status.inventory)):
            return Report(status, settled=True)
        if pipeline.paused:
            return Report(verdicts.paused(status), settled=False)
        place = self._places.of(pipeline)
        steps = place.engine.plan(place.scope, [], status.inventory, stays)
        outcomes = place.engine.apply(steps, Progress(self._store, pipeline, get_on))
        status = deletion.after(status, outcomes)
        return Report(status, settled=all(map(stays, status.inventory)))

    def describe(self, pipeline: Pipeline) -> tuple[Place, list[Resource]]:
        """Return where the pipeline lives, and the resources that it stands for."""
        script = own_script(pipeline, self._store)
        place = self._places.of(pipeline)
        return place, blueprint(pipeline.spec, place.scope, script=script)

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
            return Report(verdicts.data_unknown(status, problem(error)), settled=False)
        settled = status.holds("Ready")
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


def _apply(engine: Engine, steps: Sequence[Step]) -> list[Outcome]:
    """Carry the steps out; what is no longer wanted goes only when all else has succeeded."""
    prune = [step for step in steps if step.action is Action.DELETE]
    outcomes = engine.apply(step for step in steps if step.action is not Action.DELETE)
    if any(outcome.problem for outcome in outcomes):
        waits = Problem(Reason.BLOCKED, "stays until everything else is as specified")
        return [*outcomes, *(Outcome(step, waits) for step in prune)]
    return [*outcomes, *engine.apply(prune)]
