"""Operator: the real work queue, worker, reconciler, handlers and relist in simulated threads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import kopf
from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.status import Status
from dataflowxpress.aws.engine import Engine
from dataflowxpress.controller import handlers as registered
from dataflowxpress.controller.connector import Connection
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.shares import Shares
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import WorkQueue
from dataflowxpress.manager.relist import Relist
from dataflowxpress.manager.watch_monitor import Watch
from dataflowxpress.planning.resource import Resource, Scope
from tests.unit.conftest import Box, Lid

from .api_server import ApiServer
from .cloud import Broken, Cloud
from .scheduler import Scheduler

WORKERS = 4
TICK, RELIST = 0.5, 30.0  # seconds
RETRY_BUDGET = 5.0  # seconds of retries within a reconciliation
handlers: Any = registered  # kopf asks for more arguments than they read


class BoxReconciler(Reconciler):
    """Reconciles pipelines that consist of boxes; the tag `boxes` of the spec names them."""

    def __init__(self, scheduler: Scheduler, api: ApiServer, cloud: Cloud) -> None:
        super().__init__(api)
        self._scheduler, self._cloud, self._busy = scheduler, cloud, set[tuple[str, str]]()
        self._connector: Any = self
        self._engine = Engine(
            cloud.client, workers=1, retry_budget=RETRY_BUDGET, sleep=scheduler.sleep
        )

    def reconcile(self, namespace: str, name: str) -> Result | None:
        """Reconcile as the only one who works on this name."""
        with self._exclusive(namespace, name):
            return super().reconcile(namespace, name)

    def poll(self, namespace: str, name: str) -> Result | None:
        """Poll as the only one who works on this name."""
        with self._exclusive(namespace, name):
            return super().poll(namespace, name)

    def delete(self, namespace: str, name: str) -> Result | None:
        """Delete as the only one who works on this name."""
        with self._exclusive(namespace, name):
            return super().delete(namespace, name)

    def of(self, pipeline: Pipeline) -> Connection:
        """Connect to the cloud, in place of the connector."""
        scope = Scope(
            pipeline.owner, "111122223333", "eu-west-1", cluster="cluster", uid=pipeline.uid
        )
        return Connection(scope, self._cloud.client, self._engine)

    def describe(self, pipeline: Pipeline) -> tuple[Connection, list[Resource]]:
        """Return one box for each letter, and a lid on each."""
        connection = self.of(pipeline)
        names = [f"{pipeline.name}.{letter}" for letter in pipeline.spec.tags["boxes"]]
        boxes = [Box(connection.scope, name) for name in names]
        return connection, [*boxes, *(Lid(connection.scope, "lid", box=box) for box in boxes)]

    def _with_data(self, pipeline: Pipeline, *_: Any, **__: Any) -> Result:
        """Report no data: boxes have none."""
        status: Status = _[-1]
        return Result(status, status.holds("Ready"), resync=pipeline.spec.resync_seconds)

    @contextlib.contextmanager
    def _exclusive(self, *key: str) -> Iterator[None]:
        if key in self._busy:
            raise Broken(f"two workers process {key}")
        self._busy.add((key[0], key[1]))
        try:
            yield
        finally:
            self._busy.discard((key[0], key[1]))


class Silent:
    """A recorder of which nothing is asked."""

    def record(self, reference: object, event: object) -> None:
        """Keep nothing."""


class Operator:
    """One process of the operator."""

    def __init__(self, scheduler: Scheduler, api: ApiServer, cloud: Cloud, process: int) -> None:
        self._scheduler, self._api, self._process = scheduler, api, process
        self.loss_rate = 0.0
        self._queue = WorkQueue(
            clock=scheduler.clock, shares=Shares(WORKERS), uniform=scheduler.random.uniform
        )
        self._watch = Watch(clock=scheduler.clock)
        self._worker = Worker(BoxReconciler(scheduler, api, cloud), self._queue, Silent())
        self._relist = Relist(api.list_metadata, self._watch, self._worker, RELIST)

    def start(self) -> None:
        """Start all threads."""
        for name, function in (("watch", self._deliver), ("relist", self._list)):
            self._scheduler.spawn(f"{name}-{self._process}", self._process, function)
        self._scheduler.spawn(f"dispatcher-{self._process}", self._process, self._dispatch)

    def _dispatch(self) -> None:
        """Start a worker for each due pipeline, as the dispatcher does."""
        for number in count():
            if reference := self._queue.pop():
                work = partial(self._worker.process, reference)
                self._scheduler.spawn(f"worker-{self._process}.{number}", self._process, work)
            else:
                self._scheduler.sleep(TICK)

    def _list(self) -> None:
        while True:
            self._scheduler.sleep(RELIST)
            with contextlib.suppress(ApiException, HTTPError):
                self._relist.once()

    def _deliver(self) -> None:
        """Deliver events in order, but late; some are lost, and sometimes the watch expires."""
        position = self._sync()
        while True:
            self._scheduler.sleep(self._scheduler.random.uniform(0, 1))
            if self._scheduler.chance(
                self._api.fault_rate
            ):  # 410 Gone: deletions are not delivered
                position = self._sync()
            while position < len(self._api.events):
                kind, body = self._api.events[position]
                position += 1
                if not self._scheduler.chance(self.loss_rate):
                    self._handle(kind, body)
                self._scheduler.step("next event")

    def _sync(self) -> int:
        """Deliver a list of all objects; return the position from which the watch goes on."""
        position = len(self._api.events)
        for key in [*self._api.objects]:
            if body := self._api.read(key):
                self._handle(None, body)
        return position

    def _handle(self, kind: str | None, body: dict[str, Any]) -> None:
        event: Any = {"type": kind, "object": body}
        call = handlers.observed(
            event=event, memo=kopf.Memo(worker=self._worker, watch=self._watch)
        )
        with contextlib.suppress(StopIteration):
            call.send(None)  # it awaits nothing
            raise Broken("the handler waits in the event loop")
