"""Engine: plan and carry plans out, many steps at once; the only place with retries."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from graphlib import TopologicalSorter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.errors import Overtaken, Unfinished
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.resource_id import Id
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.plan import Action, Outcome, Step, nothing_stays, plan
from dataflowxpress.planning.resource import Resource, Scope
from dataflowxpress.telemetry.context import Pool

from .errors import ErrorClass, classify, describe, problem
from .observer import Observer
from .tags import TAGGERS

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 8.0  # seconds
ProgressCallback = Callable[[Id, str], None]


def no_progress(which: Id, said: str) -> None:
    """Tell nobody."""


class Engine:
    """Plans and applies in one account and region.

    *client* maps a service's name to its boto3 client. *patience* is how many seconds a step may
    spend on errors that time heals before it fails and says so. *tell* hears of each outcome.
    """

    def __init__(
        self,
        client: Callable[[str], Any],
        *,
        workers: int = 8,
        patience: float = 120,
        sleep: Callable[[float], None] = time.sleep,
        on_outcome: Callable[[Outcome], None] | None = None,
    ) -> None:
        self._client, self._workers, self._patience = client, workers, patience
        self._observer = Observer(client, workers)
        self._sleep, self._on_outcome = sleep, on_outcome

    def plan(
        self,
        scope: Scope,
        wanted: Sequence[Resource],
        inventory: Collection[Id] = (),
        stays: Callable[[Id], bool] = nothing_stays,
    ) -> list[Step]:
        """Return the steps from what is there to what is *wanted*; reads only."""
        ids = dict.fromkeys([*(resource.id for resource in wanted), *inventory])
        # What goes has to be ours *now*.
        observed = self._observer.observe(scope, ids, exactly=not wanted)
        return plan(scope, wanted, inventory, observed, stays)

    def apply(
        self, steps: Iterable[Step], progress: ProgressCallback = no_progress
    ) -> list[Outcome]:
        """Run each step as soon as those it needs have succeeded; return how all of them went.

        *progress* is told how far long ones are; what it raises ends them.
        """
        todo = {step.id: step for step in steps}
        outcomes = {o.step.id: o for o in self._run_in_order(todo, progress)}
        return [outcomes.get(i) or Outcome(step, _blocked(step)) for i, step in todo.items()]

    def is_empty(self, which: Id) -> bool:
        """Return whether a resource is known to hold no data; reads only."""
        kind = Resource.kinds[which.kind]
        try:
            return kind.is_empty(self._client(kind.service), *which.key)
        except (ClientError, BotoCoreError) as error:
            log.warning("%s stays, because its content is unknown: %s", which, describe(error))
            return False

    def _run_in_order(
        self, todo: Mapping[Id, Step], progress: ProgressCallback
    ) -> Iterator[Outcome]:
        order = TopologicalSorter({i: step.needs & todo.keys() for i, step in todo.items()})
        order.prepare()
        with Pool(self._workers) as pool:
            running: set[Future[Outcome]] = set()
            while running := running | {
                pool.submit(self._run, todo[i], progress) for i in order.get_ready()
            }:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for outcome in (future.result() for future in done):
                    if self._on_outcome:
                        self._on_outcome(outcome)
                    yield outcome
                    if outcome.problem is None:
                        order.done(outcome.step.id)

    def _run(self, step: Step, progress: ProgressCallback) -> Outcome:
        """Do a step; what time heals is tried again for as long as patience lasts."""
        if step.action is Action.REFUSE:
            return Outcome(step, step.refusal)
        pauses, now = _pauses(self._patience), step
        while True:
            try:
                self._do(now, progress)
            except Exception as error:  # noqa: BLE001 - one step's failure is its outcome
                pause = next(pauses, None)
                if pause is None or not classify(error).is_transient:
                    return Outcome(step, problem(error))
                log.info("%s: %s; again in %.1f s", step.id, describe(error), pause)
            else:
                return Outcome(step)
            self._sleep(pause)
            now = self._again(now)
            if now.action is Action.REFUSE:
                return Outcome(now, now.refusal)

    def _again(self, step: Step) -> Step:
        """Look before a second try: a creation may have got half-way, and what is there differs."""
        if step.resource is None or not step.action.writes:
            return step
        return self.plan(step.resource.scope, [step.resource], [step.id])[0]

    def _do(self, step: Step, progress: ProgressCallback) -> None:
        match step.action:
            case Action.DELETE:
                self._delete(step.id, progress, lets_finish=step.lets_finish)
            case Action.REPLACE:
                self._delete(step.id, progress)
                self._create(step)
            case Action.CREATE:
                self._create(step)
            case Action.UPDATE:
                self._update(step)

    def _create(self, step: Step) -> None:
        resource = _described(step)
        client = self._client(resource.service)
        resource.create(client, resource.desired(), resource.scope.all_tags)
        self._settle(resource)

    def _update(self, step: Step) -> None:
        resource = _described(step)
        client = self._client(resource.service)
        if "Tags" in step.changed:
            self._tag(client, step, resource)
        if changed := step.changed - {"Tags"}:
            resource.update(client, resource.desired(), changed)
            self._settle(resource)

    def _settle(self, resource: Resource) -> None:
        """Let AWS finish what it goes on with after its answer, as long as patience lasts."""
        if not resource.settles:
            return
        for pause in _pauses(self._patience):
            have = self._observer.read_one(resource.id)
            if isinstance(have, Mapping) and not resource.is_unsettled(have):
                return
            self._sleep(pause)

    def _tag(self, client: Any, step: Step, resource: Resource) -> None:
        tagger = TAGGERS[resource.service]
        changes = [change for change in step.changes if change.path[0] == "Tags"]
        if any(change.path[-1] == OWNER_TAG for change in changes):
            self._take_over(client, resource)
        elif any(change.new is not None for change in changes):
            tagger.write(client, resource.arn, resource.scope.all_tags)
        if gone := sorted(str(change.path[-1]) for change in changes if change.new is None):
            tagger.remove(client, resource.arn, gone)

    def _take_over(self, client: Any, resource: Resource) -> None:
        """Mark it as ours, unless somebody has marked it since we looked."""
        tagger, scope = TAGGERS[resource.service], resource.scope
        with _TAKING_OVER:
            tags = tagger.read(client, resource.arn)
            if scope.owner_tags.conflict(tags, to_unowned=False, to_moved=not scope.adopt):
                raise Overtaken("somebody else has just taken it over")
            tagger.write(client, resource.arn, scope.all_tags)

    def _delete(self, which: Id, progress: ProgressCallback, *, lets_finish: bool = False) -> None:
        kind = Resource.kinds[which.kind]
        client = self._client(kind.service)
        try:
            if lets_finish and (work := kind.work(client, *which.key)):
                raise Unfinished(f"goes as soon as {work} has ended")
            for said in kind.empty(client, *which.key):
                progress(which, said)
            kind.delete(client, *which.key)
        except ClientError as error:
            if classify(error) is not ErrorClass.MISSING:
                raise


_TAKING_OVER = threading.Lock()  # tags have no compare-and-swap: of two pipelines one is first


def _pauses(patience: float) -> Iterator[float]:
    """Yield ever longer pauses until *patience* is spent."""
    pause, spent = FIRST_PAUSE, 0.0
    while spent < patience:
        yield pause
        spent, pause = spent + pause, min(pause * 2, LONGEST_PAUSE)


def _described(step: Step) -> Resource:
    if step.resource is None:
        raise ValueError(f"{step.id}: {step.action.name} needs a description")
    return step.resource


def _blocked(step: Step) -> Problem:
    return Problem(Reason.BLOCKED, f"waits for {', '.join(sorted(map(str, step.needs)))}")
