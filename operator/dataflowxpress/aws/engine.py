"""Engine: plans changes and applies them in parallel; the only module that retries."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.errors import Overtaken, Unfinished
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.resource_id import Id
from dataflowxpress.planning.blocking import not_executed, prevented
from dataflowxpress.planning.ownership import ADOPTED_TAG, OWNER_TAG, OwnerTags
from dataflowxpress.planning.plan import plan, retain_none
from dataflowxpress.planning.resource import Resource, Scope, State, is_absent
from dataflowxpress.planning.step import Action, Outcome, Step
from dataflowxpress.telemetry.context import Pool

from .at_rest import AtRest
from .error_classes import ErrorClass
from .errors import classify, describe, problem
from .observer import Observer
from .snapshot import Snapshot
from .tags import TAGGERS

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 8.0  # seconds
COMPLETION_PAUSE = 0.5  # seconds; no function is ready earlier
ProgressCallback = Callable[[Id, str], None]


def no_progress(which: Id, message: str) -> None:
    """Ignore the progress of a long step."""


class Engine:
    """Plans and applies changes in one account and region.

    *client* maps a service's name to its boto3 client. *retry_budget* is the total pause in seconds
    between a step's retries of transient errors; after that, the step fails with the last error.
    *on_outcome* is called with the outcome of each step. *snapshot* is that of *client*.
    """

    def __init__(  # noqa: PLR0913 - each but the client has a default
        self,
        client: Callable[[str], Any],
        *,
        workers: int = 16,
        retry_budget: float = 120,
        sleep: Callable[[float], None] = time.sleep,
        on_outcome: Callable[[Outcome], None] | None = None,
        snapshot: Snapshot | None = None,
    ) -> None:
        self._client, self._workers, self._retry_budget = client, workers, retry_budget
        self._observer, self._snapshot = Observer(client, workers, snapshot), snapshot
        self._sleep, self._on_outcome = sleep, on_outcome

    def plan(
        self,
        scope: Scope,
        wanted: Sequence[Resource],
        inventory: Collection[Id] = (),
        retain: Callable[[Id], bool] = retain_none,
    ) -> list[Step]:
        """Return the steps from the observed to the *wanted* state; makes only read calls."""
        ids = dict.fromkeys(resource.id for resource in wanted)
        orphans = [i for i in inventory if i not in ids]
        parents = (parent for i in orphans for parent in Resource.kinds[i.kind].parents(*i.key))
        ids |= dict.fromkeys([*orphans, *parents])
        # A deletion needs proof of ownership that does not lag.
        existing = frozenset(inventory) if wanted else frozenset()
        observed = self._observer.observe(scope, ids, consistent_tags=not wanted, existing=existing)
        steps = plan(scope, wanted, inventory, observed, retain)
        if unsure := [step.id for step in steps if _may_lag(step, existing)]:
            exact = self._observer.observe(scope, unsure)
            steps = plan(scope, wanted, inventory, {**observed, **exact}, retain)
        return steps

    def plan_at_rest(
        self, scope: Scope, wanted: Sequence[Resource], at_rest: AtRest, max_age: float
    ) -> list[Step] | None:
        """Return the steps from states that the pipelines of an account share, if none writes."""
        if self._snapshot is None:
            return None
        return at_rest.compare(self._observer, self._snapshot, scope, wanted, max_age)

    def apply(
        self, steps: Iterable[Step], progress: ProgressCallback = no_progress
    ) -> list[Outcome]:
        """Run each step as soon as its dependencies have succeeded; return all outcomes.

        *progress* receives messages about long steps; an exception that it raises ends the step.
        """
        todo = {step.id: step for step in steps}
        outcomes = {o.step.id: o for o in self._run_in_order(todo, progress)}
        failed = frozenset(i for i, outcome in outcomes.items() if outcome.problem)
        return [outcomes.get(i) or not_executed(step, todo, failed) for i, step in todo.items()]

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
        """Execute a step; retry transient errors until the retry budget is spent."""
        if prevention := prevented(step):
            return Outcome(step, prevention)
        pauses, current = _pauses(self._retry_budget), step
        while True:
            try:
                self._execute(current, progress)
            except Exception as error:  # noqa: BLE001 - one step's failure is its outcome
                pause = next(pauses, None)
                if pause is None or not classify(error).is_transient:
                    return Outcome(step, problem(error))
                log.info("%s: %s; retrying in %.1f s", step.id, describe(error), pause)
            else:
                return Outcome(step)
            self._sleep(pause)
            current = self._replan(current)
            if prevention := prevented(current):
                return Outcome(current, prevention)

    def _replan(self, step: Step) -> Step:
        """Compare again before a retry, because a failed call may have changed the resource."""
        if step.resource is None or not step.action.writes:
            return step
        return self.plan(step.resource.scope, [step.resource], [step.id])[0]

    def _execute(self, step: Step, progress: ProgressCallback) -> None:
        match step.action:
            case Action.DELETE:
                if step.graceful:
                    self._require_idle(step.id, "deleted")
                self._delete(step.id, progress)
            case Action.REPLACE:
                self._replace(step, progress)
            case Action.CREATE:
                self._create(step)
            case Action.UPDATE:
                self._update(step)

    def _create(self, step: Step) -> None:
        resource = _resource_of(step)
        client = self._client(resource.service)
        created = resource.create(client, resource.desired(), resource.scope.all_tags)
        self._await_completion(resource, created)

    def _replace(self, step: Step, progress: ProgressCallback) -> None:
        resource = _resource_of(step)
        if "Tags" in step.changed:  # before another pipeline adopts it
            self._tag(self._client(resource.service), step, resource)
        self._require_idle(step.id, "replaced")
        self._delete(step.id, progress)
        self._create(step)

    def _update(self, step: Step) -> None:
        resource = _resource_of(step)
        client = self._client(resource.service)
        if "Tags" in step.changed:
            self._tag(client, step, resource)
        if changed := step.changed - {"Tags"}:
            updated = resource.update(client, resource.desired(), changed)
            self._await_completion(resource, updated)

    def _await_completion(self, resource: Resource, have: State | Problem | None) -> None:
        """Wait until AWS has completed an asynchronous change, at most for the retry budget.

        *have* is the state after the change, as far as AWS' response shows it.
        """
        if not resource.asynchronous:
            return
        for pause in _pauses(self._retry_budget, COMPLETION_PAUSE):
            if isinstance(have, Mapping) and not resource.is_in_progress(have):
                return
            self._sleep(pause)
            have = self._observer.read_one(resource.id)

    def _tag(self, client: Any, step: Step, resource: Resource) -> None:
        tagger = TAGGERS[resource.service]
        changes = [change for change in step.changes if change.path[0] == "Tags"]
        if any(change.path[-1] == OWNER_TAG for change in changes):
            self._claim(client, resource)
        elif any(change.new is not None for change in changes):
            tagger.write(client, resource.arn, resource.scope.all_tags)
        if removed := sorted(str(change.path[-1]) for change in changes if change.new is None):
            tagger.remove(client, resource.arn, removed)

    def _claim(self, client: Any, resource: Resource) -> None:
        """Write the owner tags, unless another pipeline wrote its own since the last comparison.

        What keeps data and had no owner is marked as adopted, so that its deletion needs consent.
        """
        tagger, scope = TAGGERS[resource.service], resource.scope
        with _CLAIM:
            tags = tagger.read(client, resource.arn)
            if scope.owner_tags.conflict(tags, reject_unowned=False, reject_moved=not scope.adopt):
                raise Overtaken("another pipeline has just adopted it")
            adopts = resource.keeps_data and OwnerTags.of(tags) is None
            mark = {ADOPTED_TAG: "true"} if adopts else {}
            tagger.write(client, resource.arn, {**scope.all_tags, **mark})

    def _require_idle(self, which: Id, change: str) -> None:
        """Raise Unfinished if the resource is in the middle of work; *change* waits for its end."""
        kind = Resource.kinds[which.kind]
        with self._absent_is_fine(which):
            if work := kind.work(self._client(kind.service), *which.key):
                raise Unfinished(f"is {change} when {work} ends")

    def _delete(self, which: Id, progress: ProgressCallback) -> None:
        kind = Resource.kinds[which.kind]
        client = self._client(kind.service)
        with self._absent_is_fine(which):
            for message in kind.empty(client, *which.key):
                progress(which, message)
            kind.delete(client, *which.key)

    @contextmanager
    def _absent_is_fine(self, which: Id) -> Iterator[None]:
        """Suppress the error of a call for an absent resource.

        A policy that requires the owner tag denies calls for an absent resource.
        """
        try:
            yield
        except ClientError as error:
            match classify(error):
                case ErrorClass.MISSING:
                    return
                case ErrorClass.DENIED if is_absent(self._observer.read_one(which)):
                    return
            raise


def _may_lag(step: Step, existing: Collection[Id]) -> bool:
    """Return whether a step that changes a resource can follow from the first page of a list."""
    listed = Resource.kinds[step.id.kind].lists_first and step.id in existing
    return listed and step.action is not Action.KEEP


_CLAIM = threading.Lock()  # AWS tags have no compare-and-swap


def _pauses(retry_budget: float, pause: float = FIRST_PAUSE) -> Iterator[float]:
    """Yield exponentially growing pauses until their sum reaches *retry_budget*."""
    spent = 0.0
    while spent < retry_budget:
        yield pause
        spent, pause = spent + pause, min(pause * 2, LONGEST_PAUSE)


def _resource_of(step: Step) -> Resource:
    if step.resource is None:
        raise ValueError(f"{step.id}: {step.action.name} requires a resource")
    return step.resource
