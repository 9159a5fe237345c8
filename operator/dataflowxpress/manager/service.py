"""Service: the operator as a process: it answers probes, stands by, leads and hands over."""

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
from dataflowxpress.kube.events import Recorder
from dataflowxpress.kube.lease import Lease
from dataflowxpress.planning.resource import Resource
from dataflowxpress.telemetry import metrics

from . import health, probes
from .election import RETRY, Election
from .health import Check, Recent
from .operation import Operation
from .probes import Address, Checks
from .signals import Signals
from .watch_monitor import WATCH_STALE_AFTER, Watch

log = logging.getLogger(__name__)

FRESH = 15.0  # seconds for which an answer of AWS or the API server about ourselves is good


@dataclass(frozen=True, kw_only=True)
class Service:
    """What `dataflowxpress operator` was told; see its options."""

    namespaces: Sequence[str] = ()
    selector: str = ""
    lease: str = ""
    probes: Address | None = None
    poll_interval: float = IDLE_POLL
    watch_stale_after: float = WATCH_STALE_AFTER
    progress_deadline: float = PROGRESS_DEADLINE
    tenant_policy: TenantPolicy = field(default_factory=TenantPolicy)

    def run(self) -> NoReturn:
        """Work until a signal ends us; the process ends with it."""
        connect()
        signals, cluster = Signals(), Cluster()
        queue, watch = (
            WorkQueue(self.poll_interval, self.progress_deadline),
            Watch(self.watch_stale_after),
        )
        reconciler = Reconciler(
            cluster, patience=self.poll_interval, tenant_policy=self.tenant_policy
        )
        worker = Worker(reconciler, queue, Recorder())
        metrics.watch(queue, worker.pipelines)
        work = Operation(self.namespaces, worker, watch=watch, selector=self.selector)
        election = Election(self._lease(), work, signals.wait)
        if self.probes:
            hearing = self._hearing(cluster, watch, queue)
            alive: Checks = {
                "main": election.turning,
                "loop": work.turning,
                "work": queue.stalled,
                "watch": lambda: hearing() if work.alive() else "",
            }
            ready: Checks = {"lease": election.standing, **self._readiness(cluster)}
            probes.serve(self.probes, {"/healthz": alive, "/readyz": ready})
        clients.warm({"sts", TAGGING, *(kind.service for kind in Resource.kinds.values())})
        good = self._await_kind(cluster, signals) or election.run()
        if not work.ended():  # its threads would hold the process up
            logging.shutdown()
            os._exit(not good)
        sys.exit(not good)

    def check(self) -> tuple[bool, str]:
        """Say whether an operator could work from here: readiness, asked by hand."""
        connect()
        lease = self._lease()
        held = {"lease": partial(health.held, lease)} if lease else {}
        return probes.report({**held, **self._readiness(Cluster())})

    def _await_kind(self, cluster: Cluster, signals: Signals) -> bool:
        """Wait until DataPipelines can be listed: kopf looks only once. True: we are to end."""
        said = ""
        while problem := health.kind(cluster, self.namespaces):
            if problem != said:
                log.warning("waiting: %s", said := problem)
            if signals.wait(RETRY):
                return True
        return False

    def _hearing(self, cluster: Cluster, watch: Watch, queue: WorkQueue) -> Check:
        where = (cluster, self.namespaces, self.selector)
        return Recent(
            partial(health.hearing, watch, *where, queue.active), self.watch_stale_after / 4
        )

    def _readiness(self, cluster: Cluster) -> Checks:
        return {
            "kind": Recent(partial(health.kind, cluster, self.namespaces), FRESH),
            "credentials": Recent(health.credentials, FRESH),
        }

    def _lease(self) -> Lease | None:
        namespace, _, name = self.lease.rpartition("/")
        return Lease(namespace, name) if self.lease else None
