"""Simulation: the work queues of many operators in virtual time, with AWS' rates by account.

The queue, its priorities and its schedule are the operator's own. The rest is a model: a task takes
so many calls and so much CPU time, one call after another takes *latency*, and an account grants
calls at a rate. An operator has one core, because Python runs one thread at a time.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, NamedTuple

from dataflowxpress.api.pipeline import Pipeline, Reference
from dataflowxpress.api.spec.pipeline import SHORTEST_RESYNC
from dataflowxpress.api.status import Status
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.shares import Shares
from dataflowxpress.controller.workitem import Task
from dataflowxpress.controller.workqueue import WorkQueue

TICK = 1.0  # seconds until an idle operator looks at its queue again
LOOK = 10.0  # seconds until the longest wait is recorded again
NAMESPACES = 50


class TaskCost(NamedTuple):
    """What a task uses."""

    calls: int
    chain: int  # calls that wait for each other
    cpu: float  # seconds


class Model(NamedTuple):
    """The figures of the simulation."""

    reconcile: TaskCost
    poll: TaskCost
    latency: float = 0.05  # seconds of one call
    resync: float = 600  # seconds
    poll_interval: float = 60  # seconds
    rate: float = 100  # calls a second that an account grants


By = Literal["label", "namespace", "account"]


class Fleet(NamedTuple):
    """How many pipelines there are, and how they spread over operators and accounts."""

    pipelines: int
    shards: int
    accounts: int
    by: By = "label"

    def shard(self, number: int) -> int:
        """Return the operator of a pipeline; only labels spread pipelines evenly."""
        key = {
            "label": number,
            "namespace": self.namespace(number),
            "account": self.account(number),
        }
        return key[self.by] % self.shards

    def account(self, number: int) -> int:
        """Return the account of a pipeline; all have the same number of pipelines."""
        return number % self.accounts

    def namespace(self, number: int) -> int:
        """Return the namespace of a pipeline: few have many pipelines, and many have few."""
        return int(NAMESPACES * (number / self.pipelines) ** 2)


@dataclass
class Account:
    """An AWS account that grants calls at a rate, in the order of requests."""

    rate: float
    free_at: float = 0
    calls: Counter[int] = field(default_factory=Counter)  # by second

    def grant(self, now: float, calls: int) -> float:
        """Return the seconds until the last call is granted."""
        self.free_at = max(self.free_at, now) + calls / self.rate
        self.calls[int(self.free_at)] += calls
        return self.free_at - now

    def until(self, now: float) -> int:
        """Count the calls that were granted until now."""
        return sum(calls for second, calls in self.calls.items() if second <= now)


@dataclass
class Operator:
    """One operator: its queue, its workers and its core."""

    queue: WorkQueue
    core_free_at: float = 0
    cpu: float = 0

    def compute(self, now: float, seconds: float) -> float:
        """Return when the core has done this work."""
        self.core_free_at = max(self.core_free_at, now) + seconds
        self.cpu += seconds
        return self.core_free_at


@dataclass
class Outcome:
    """What the simulation found."""

    seconds: float = 0
    tasks: Counter[str] = field(default_factory=Counter)
    longest_wait: float = 0  # seconds that a due pipeline waited for a worker
    busiest_core: float = 0  # share of the time
    calls: float = 0  # a second, in the busiest account, mean
    changes: list[float] = field(default_factory=list)  # seconds from a change to its end


class Simulation:
    """Runs a fleet for some virtual time; the seed determines everything."""

    def __init__(self, fleet: Fleet, model: Model, seed: int = 0) -> None:
        self.now, self._fleet, self._model = 0.0, fleet, model
        self._random, self._numbers = random.Random(seed), count()  # noqa: S311 - no secret
        self._accounts = defaultdict[int, Account](lambda: Account(model.rate))
        self._operators = [Operator(self._queue()) for _ in range(fleet.shards)]
        self._ends: list[tuple[float, int, Callable[[], None]]] = []
        self._changed: dict[Reference, float] = {}
        self._all = [_metadata(fleet, number) for number in range(fleet.pipelines)]
        self.outcome = Outcome()

    def _queue(self) -> WorkQueue:
        return WorkQueue(
            self._model.poll_interval,
            clock=lambda: self.now,
            shares=Shares(),
            uniform=self._random.uniform,
        )

    def run(self, seconds: float, changes: int = 20) -> Outcome:
        """Run from a moment at which all pipelines rest; change some at random times."""
        self._come_to_rest()
        moments = sorted(self._random.uniform(seconds / 4, seconds) for _ in range(changes))
        look_at = LOOK
        while self.now < seconds:
            while moments and moments[0] <= self.now:
                moments.pop(0)
                self._change()
            for shard in self._operators:
                self._start_due(shard)
            if self.now >= look_at:
                look_at = self.now + LOOK
                waits = [self.outcome.longest_wait, *map(_wait, self._operators)]
                self.outcome.longest_wait = max(waits)
            self._advance()
        self.outcome.seconds = self.now
        self.outcome.busiest_core = max(each.cpu for each in self._operators) / self.now
        totals = [account.until(self.now) for account in self._accounts.values()]
        self.outcome.calls = max(totals, default=0) / self.now
        return self.outcome

    def _come_to_rest(self) -> None:
        """Let all pipelines have been compared at different times of the last interval."""
        interval, count = self._model.poll_interval, self._fleet.pipelines
        for number, metadata in enumerate(self._all):
            self.now = interval * (number / count - 1)
            queue = self._operators[self._fleet.shard(number)].queue
            pipeline = Pipeline({"metadata": metadata, "spec": {}})
            queue.observe(pipeline, within=self._model.resync)
            left = self._random.uniform(SHORTEST_RESYNC, self._model.resync)
            compared = Result(Status(), success=True, resync=left)
            queue.done(Reference.to(metadata), compared, "reconcile")
        self.now = 0

    def _change(self) -> None:
        number = self._random.randrange(self._fleet.pipelines)
        reference = Reference.to(self._all[number])
        self._changed.setdefault(reference, self.now)
        self._operators[self._fleet.shard(number)].queue.add(reference)

    def _start_due(self, shard: Operator) -> None:
        while shard.queue.active_workers() < shard.queue.shares.workers:
            if (reference := shard.queue.pop()) is None:
                return
            self._start(shard, reference)

    def _start(self, shard: Operator, reference: Reference) -> None:
        work = shard.queue.work(reference)
        work.__enter__()
        if (task := shard.queue.next_task(reference)) is None:
            work.__exit__(None, None, None)
            return
        cost = self._model.reconcile if task == "reconcile" else self._model.poll
        account = self._accounts[self._fleet.account(int(reference.name))]
        granted = account.grant(self.now, cost.calls)
        answered = self.now + max(granted, cost.chain * self._model.latency)
        end = max(answered, shard.compute(self.now, cost.cpu))
        entry = (end, next(self._numbers), lambda: self._end(shard, reference, task, work))
        heapq.heappush(self._ends, entry)

    def _end(
        self,
        shard: Operator,
        reference: Reference,
        task: Task,
        work: AbstractContextManager[Callable[[], None]],
    ) -> None:
        result = Result(Status(), success=True, resync=self._model.resync)
        shard.queue.done(reference, result, task)
        work.__exit__(None, None, None)
        self.outcome.tasks[task] += 1
        if task == "reconcile" and (since := self._changed.pop(reference, None)) is not None:
            self.outcome.changes.append(self.now - since)

        self._start_due(shard)

    def _advance(self) -> None:
        """Go on by one tick, through the ends of tasks."""
        tick = self.now + TICK
        while self._ends and self._ends[0][0] <= tick:
            self.now, _, end = heapq.heappop(self._ends)
            end()
        self.now = tick


def _metadata(fleet: Fleet, number: int) -> dict[str, Any]:
    namespace = f"team-{fleet.namespace(number)}"
    return {"namespace": namespace, "name": str(number), "uid": str(number), "generation": 1}


def _wait(operator: Operator) -> float:
    return operator.queue.longest_wait()
