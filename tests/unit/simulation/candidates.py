"""Candidates: two operators that elect a leader with the real Lease and Election."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from dataflowxpress.kube.lease import Lease
from dataflowxpress.manager.election import Election
from dataflowxpress.manager.watchdog import Watchdog

from .cloud import Broken
from .scheduler import Killed, Scheduler

CHAOS, CALM = 120.0, 60.0  # seconds
FAULTS = 0.1  # probability that a call fails, or that its answer does not arrive
PERIOD = 0.5  # seconds between writes of the leader to AWS


@dataclass
class Leases:
    """The API server's Lease; answers are late or lost, and a proxy repeats requests."""

    scheduler: Scheduler
    fault_rate: float = FAULTS
    stored: dict[str, Any] = field(default_factory=dict)
    version: int = 0


@dataclass
class Connection:
    """The connection of one process to the API server, in place of the client's API."""

    scheduler: Scheduler
    leases: Leases
    is_cut: bool = False

    def get_namespaced_custom_object(self, **_: Any) -> dict[str, Any]:
        """Return the Lease; raises 404 if there is none."""
        self._delay("get lease")
        if not self.leases.stored:
            raise ApiException(status=404)
        return copy.deepcopy(self.leases.stored)

    def create_namespaced_custom_object(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Create the Lease, once."""
        return self._write(body, exists=False)

    def replace_namespaced_custom_object(self, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Replace the Lease, if it is as the caller has read it."""
        return self._write(body, exists=True)

    def _write(self, body: dict[str, Any], *, exists: bool) -> dict[str, Any]:
        self._delay("write lease")
        answer = self._store(body, exists=exists)
        if self.scheduler.chance(self.leases.fault_rate):  # a proxy repeats it
            answer = self._store(body, exists=exists)
        self._delay("lease: answered")
        return answer

    def _store(self, body: dict[str, Any], *, exists: bool) -> dict[str, Any]:
        version, leases = body["metadata"].get("resourceVersion"), self.leases
        current = leases.stored.get("metadata", {}).get("resourceVersion")
        if bool(leases.stored) != exists or version != current:
            raise ApiException(status=409)
        leases.version += 1
        metadata = {**body["metadata"], "resourceVersion": str(leases.version)}
        leases.stored = copy.deepcopy({**body, "metadata": metadata})
        return copy.deepcopy(leases.stored)

    def _delay(self, label: str) -> None:
        self.scheduler.step(label)
        if self.scheduler.chance(self.leases.fault_rate):
            self.scheduler.sleep(self.scheduler.random.choice([0.5, 3]))
        if self.is_cut or self.scheduler.chance(self.leases.fault_rate):
            raise HTTPError("no answer")


@dataclass
class Process:
    """An operator: its election, and work that writes to AWS while it leads."""

    scheduler: Scheduler
    leases: Leases
    number: int
    all: list[Process]
    works: bool = False
    dead: bool = False
    deadline: float = math.inf

    def launch(self) -> None:
        """Start the process."""
        lease = Lease("ns", "lease", holder=str(self.number), clock=self.scheduler.clock)
        self.connection = Connection(self.scheduler, self.leases)
        lease._objects = cast("Any", self.connection)  # noqa: SLF001 - the API server
        watchdog = cast("Watchdog", self)
        election = Election(lease, self, self._wait, self.scheduler.clock, watchdog)
        self.scheduler.spawn(f"election-{self.number}", self.number, lambda: void(election.run()))
        self.scheduler.spawn(f"watchdog-{self.number}", 0, self._watch)

    # The work, as the election uses it.

    def start(self) -> None:
        """Start work."""
        self.works = True
        self.scheduler.spawn(f"work-{self.number}", self.number, self._work)

    def alive(self) -> bool:
        """Work does not end by itself."""
        return True

    def stop(self) -> None:
        """Stop work."""
        self.works = False

    # The watchdog, as the election uses it.

    def extend(self, seconds: float) -> None:
        """End the process after this time."""
        self.deadline = self.scheduler.now + max(seconds, 0.001)

    def remove(self) -> None:
        """Let the process run on."""
        self.deadline = math.inf

    def end(self, reason: str) -> NoReturn:
        """End the process, because another leads."""
        if self.leases.stored["spec"]["holderIdentity"] == str(self.number):
            raise Broken(f"the leader ends although it holds the Lease: {reason}")
        self._die()
        raise Killed

    def _wait(self, seconds: float) -> bool:
        self.scheduler.sleep(seconds)
        return False

    def _work(self) -> None:
        while self.works:
            self.scheduler.sleep(PERIOD)
            if leaders := [p.number for p in self.all if p.works and p is not self]:
                raise Broken(f"{self.number} writes to AWS while {leaders} work")

    def _watch(self) -> None:
        while not self.dead:
            self.scheduler.sleep(0.1)
            if self.scheduler.now >= self.deadline:
                self._die()

    def _die(self) -> None:
        self.works, self.dead = False, True
        self.scheduler.kill(self.number)


def void(_result: object) -> None:
    """Drop a result."""


class Candidates:
    """One run: two processes, each restarted after its end."""

    def __init__(self, seed: int) -> None:
        self.scheduler = Scheduler(seed)
        self.leases = Leases(self.scheduler)
        self.all: list[Process] = []

    def run(self) -> None:
        """Elect leaders on a bad network, then on a good one; raises Broken."""
        try:
            for _ in range(2):
                self.scheduler.spawn("kubelet", 0, self._restart)
            self.scheduler.spawn("crashes", 0, self._crash)
            self.scheduler.run(CHAOS)
            self.leases.fault_rate = 0
            self.scheduler.run(CHAOS + CALM)
            if len([process for process in self.all if process.works]) != 1:
                raise Broken("no operator leads")
        finally:
            self.scheduler.end()

    def _restart(self) -> None:
        while True:
            process = Process(self.scheduler, self.leases, len(self.all) + 1, self.all)
            self.all.append(process)
            process.launch()
            while not process.dead:
                self.scheduler.sleep(1)

    def _crash(self) -> None:
        """Kill a process without warning, or cut its connection, now and then."""
        while self.leases.fault_rate:
            self.scheduler.sleep(self.scheduler.random.uniform(10, 60))
            alive = [process for process in self.all if not process.dead]
            if not alive or not self.leases.fault_rate:
                continue
            process = self.scheduler.random.choice(alive)
            if self.scheduler.chance(0.5):
                process._die()  # noqa: SLF001 - as the kernel does
            else:
                process.connection.is_cut = True
                self.scheduler.sleep(self.scheduler.random.uniform(1, 30))
                process.connection.is_cut = False
