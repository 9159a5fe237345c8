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
from dataflowxpress.aws.observer import TAGGING
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.tenancy import TenantPolicy
from dataflowxpress.controller.worker import Worker
from dataflowxpress.controller.workqueue import IDLE_POLL, PROGRESS_DEADLINE, WorkQueue
from dataflowxpress.kube.client import Cluster, connect
from dataflowxpress.kube.events import EventRecorder
from dataflowxpress.kube.lease import Lease
from dataflowxpress.planning.resource import Resource
from dataflowxpress.telemetry import metrics

from . import health, probes
from .election import RETRY, Election
from .health import Cached, Check
from .operation import Operation
from .probes import Address, Checks
from .signals import Signals
from .watch_monitor import WATCH_STALE_AFTER, Watch

log = logging.getLogger(__name__)

FRESH = 15.0  # seconds for which a readiness result stays valid


@dataclass(frozen=True, kw_only=True)
class Service:
    """The settings of `dataflowxpress operator`; its options document them."""

    namespaces: Sequence[str] = ()
    selector: str = ""
    lease: str = ""
    probes: Address | None = None
    poll_interval: float = IDLE_POLL
    watch_stale_after: float = WATCH_STALE_AFTER
    progress_deadline: float = PROGRESS_DEADLINE
    tenant_policy: TenantPolicy = field(default_factory=TenantPolicy)

    def run(self) -> NoReturn:
        """Run until a signal arrives; then the process exits."""
        connect()
        signals, cluster = Signals(), Cluster()
        queue, watch = (
            WorkQueue(self.poll_interval, self.progress_deadline),
            Watch(self.watch_stale_after),
        )
        reconciler = Reconciler(
            cluster, stall_timeout=self.poll_interval, tenant_policy=self.tenant_policy
        )
        worker = Worker(reconciler, queue, EventRecorder())
        metrics.watch(queue, worker.pipelines)
        work = Operation(self.namespaces, worker, watch=watch, selector=self.selector)
        election = Election(self._lease(), work, signals.wait)
        if self.probes:
            watch_current = self._watch_check(cluster, watch, queue)
            alive: Checks = {
                "main": election.responsive,
                "loop": work.responsive,
                "work": queue.stalled,
                "watch": lambda: watch_current() if work.alive() else "",
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
        connect()
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

    def _watch_check(self, cluster: Cluster, watch: Watch, queue: WorkQueue) -> Check:
        scope = (cluster, self.namespaces, self.selector)
        return Cached(
            partial(health.watch_current, watch, *scope, queue.active), self.watch_stale_after / 4
        )

    def _readiness(self, cluster: Cluster) -> Checks:
        return {
            "kind": Cached(partial(health.kind, cluster, self.namespaces), FRESH),
            "credentials": Cached(health.credentials, FRESH),
        }

    def _lease(self) -> Lease | None:
        namespace, _, name = self.lease.rpartition("/")
        return Lease(namespace, name) if self.lease else None
