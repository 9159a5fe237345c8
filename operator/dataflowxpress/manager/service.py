"""Service: the operator's process; it serves probes, stands by, leads and hands over."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from dataflowxpress.aws import clients
from dataflowxpress.aws.at_rest import AtRest
from dataflowxpress.aws.change_queue import ChangeQueue
from dataflowxpress.aws.snapshot import TAGGING
from dataflowxpress.controller.changes import RESYNC, Changes
from dataflowxpress.controller.coverage import Coverage
from dataflowxpress.controller.deletion import TIME_SLICE
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.tenancy import TenantPolicy
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workitem import IDLE_POLL
from dataflowxpress.controller.workqueue import PROGRESS_DEADLINE, WorkQueue
from dataflowxpress.kube.client import Cluster
from dataflowxpress.kube.events import EventRecorder
from dataflowxpress.kube.lease import Lease
from dataflowxpress.planning.resource import Resource
from dataflowxpress.telemetry import metrics

from . import health, probes
from .change_events import ChangeEvents
from .election import RETRY, Election
from .health import Cached
from .operation import Loop, Operation
from .probes import Address, Checks
from .relist import Relist
from .signals import Signals
from .watch_monitor import WATCH_STALE_AFTER, Watch

log = logging.getLogger(__name__)

FRESH = 15.0  # seconds for which a readiness result stays valid


@dataclass(frozen=True, kw_only=True)
class Service:
    """The settings of `dataflowxpress operator`; its options document them.

    The caller connects to the cluster first.
    """

    namespaces: Sequence[str] = ()
    selector: str = ""
    lease: str = ""
    probes: Address | None = None
    poll_interval: float = IDLE_POLL
    watch_stale_after: float = WATCH_STALE_AFTER
    progress_deadline: float = PROGRESS_DEADLINE
    tenant_policy: TenantPolicy = field(default_factory=TenantPolicy)
    shared_lists: bool = True
    change_queue: str = ""
    change_resync: float = RESYNC

    def run(self) -> NoReturn:
        """Run until a signal arrives; then the process exits."""
        signals, cluster = Signals(), Cluster()
        queue, watch = (
            WorkQueue(self.poll_interval, self.progress_deadline),
            Watch(self.watch_stale_after),
        )
        reconciler = Reconciler(
            cluster,
            stall_timeout=self.poll_interval,
            tenant_policy=self.tenant_policy,
            deletion_slice=TIME_SLICE,
            at_rest=AtRest() if self.shared_lists else None,
            lists=self.shared_lists,
        )
        changes = self._changes()
        worker = Worker(reconciler, queue, EventRecorder(), changes=changes)
        metrics.watch(queue, worker.pipelines)
        objects = partial(cluster.list_metadata, self.namespaces, self.selector)
        relist = Relist(objects, watch, worker, interval=self.watch_stale_after / 4)
        loops: list[Loop] = [relist, *self._change_events(changes, worker)]
        work = Operation(self.namespaces, worker, loops, watch=watch, selector=self.selector)
        election = Election(self._lease(), work, signals.wait)
        if self.probes:
            alive: Checks = {
                "main": election.responsive,
                "loop": work.responsive,
                "work": queue.stalled,
                "watch": relist.watch_current,
            }
            ready: Checks = {"lease": election.ready, **self._readiness(cluster)}
            probes.serve(self.probes, {"/healthz": alive, "/readyz": ready})
        clients.warm({"sts", TAGGING, *(kind.service for kind in Resource.kinds.values())})
        succeeded = self._await_kind(cluster, signals) or election.run()
        if not work.ended():  # running threads would block the exit
            logging.shutdown()
            os._exit(not succeeded)
        sys.exit(not succeeded)

    def check(self) -> tuple[bool, str]:
        """Run the readiness checks once; return whether all pass, and a report."""
        lease = self._lease()
        held = {"lease": partial(health.lease_held, lease)} if lease else {}
        return probes.report({**held, **self._readiness(Cluster())})

    def _await_kind(self, cluster: Cluster, signals: Signals) -> bool:
        """Wait for DataPipelines, since kopf checks only once; returns True to terminate."""
        logged = ""
        while problem := health.kind(cluster, self.namespaces):
            if problem != logged:
                log.warning("waiting: %s", logged := problem)
            if signals.wait(RETRY):
                return True
        return False

    def _changes(self) -> Changes | None:
        if not self.change_queue:
            return None
        coverage = Coverage(
            self.change_queue,
            lambda region, access: clients.clients(region, *access.parameters),
        )
        return Changes(coverage, self.change_resync)

    def _change_events(self, changes: Changes | None, worker: Worker) -> list[ChangeEvents]:
        if changes is None:
            return []
        queue = ChangeQueue(self.change_queue, clients.clients(None, None))
        return [ChangeEvents(queue, changes, worker)]

    def _readiness(self, cluster: Cluster) -> Checks:
        return {
            "kind": Cached(partial(health.kind, cluster, self.namespaces), FRESH),
            "credentials": Cached(health.credentials, FRESH),
        }

    def _lease(self) -> Lease | None:
        namespace, _, name = self.lease.rpartition("/")
        return Lease(namespace, name) if self.lease else None
