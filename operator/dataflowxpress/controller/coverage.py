"""Coverage: from which accounts and regions events of changes arrive, by probes that make one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.timestamps import format_now
from dataflowxpress.aws.clients import OWN, Access, Clients, Identity
from dataflowxpress.aws.cloudtrail import GLOBAL_REGIONS, ApiCall
from dataflowxpress.aws.error_classes import ErrorClass
from dataflowxpress.aws.errors import classify, describe
from dataflowxpress.telemetry.metrics import CHANGE_EVENTS_COVERED

from .change_index import Location

log = logging.getLogger(__name__)

PROBE_TAG = "dataflowxpress.io/probed-at"
PROBE_INTERVAL = 600.0  # seconds without an event until the operator makes one
DENIED_INTERVAL = 3600.0  # seconds until it tries again what AWS denies to all roles
PROBES = 16  # of one check, so that messages do not wait for long
COVERED = 1800.0  # seconds that one event proves; events arrive within 15 minutes

ClientsIn = Callable[[str | None, Access], Clients]
Roles = Mapping[str, Access]  # by ARN, which is empty for the operator's own identity


@dataclass
class _Proof:
    """The last event from an account and region, and the probes there."""

    seen: float = float("-inf")
    probe_at: float = float("-inf")
    problem: str = ""


class Coverage:
    """The accounts and regions with pipelines from which an event arrived recently.

    CloudTrail can stop, and rules can be deleted, without an error anywhere. So the operator tags
    the rule *name* of each region from time to time, and expects this call in the queue, too. In
    other accounts, it uses the roles of the pipelines there.
    """

    def __init__(
        self, name: str, client: ClientsIn, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._client, self._clock = name, client, clock
        self._proofs: dict[Location, _Proof] = {}  # of all that is needed
        self._denied: dict[str, set[str]] = {}  # roles by account
        self._covered = frozenset[Location]()
        self._included = frozenset[Location]()
        self._partition = ""  # known from the first check on

    def observe(self, call: ApiCall) -> None:
        """Record that an event has arrived; a failed call, such as a denied probe, is no proof."""
        proof = self._proofs.get(Location(call.account, call.region))
        if proof and not call.detail.error_code:
            proof.seen = self._clock()

    def includes(self, location: Location) -> bool:
        """Return whether events of all services arrive from an account and region."""
        return all(map(self._is_covered, (location, self._with_iam(location.account))))

    def check(self, pipelines: Mapping[Location, Roles]) -> frozenset[Location]:
        """Probe what is due; return the locations of *pipelines* that have lost their coverage.

        Each location has the roles that reach it. Raises the error of AWS if the operator's own
        account is unknown.
        """
        me = self._client(None, OWN).identity
        self._partition = me.partition
        accesses = _accesses(me, pipelines)
        self._keep({*pipelines, *map(self._with_iam, accesses)})
        due = [each for each in self._proofs if accesses[each.account] and self._is_due(each)]
        for location in due[:PROBES]:
            self._probe(location, accesses[location.account])
        self._report()
        before, self._included = self._included, frozenset(filter(self.includes, pipelines))
        return (before & pipelines.keys()) - self._included

    def _keep(self, needed: Collection[Location]) -> None:
        """Start and end proofs so that there is one for each location that is needed."""
        proofs = {location: self._proofs.get(location, _Proof()) for location in needed}
        for location in self._proofs.keys() - proofs.keys():
            CHANGE_EVENTS_COVERED.remove(*location)
        self._proofs = proofs

    def _with_iam(self, account: str) -> Location:
        """Return where an account has the events of IAM."""
        return Location(account, GLOBAL_REGIONS.get(self._partition, "us-east-1"))

    def _is_covered(self, location: Location) -> bool:
        proof = self._proofs.get(location)
        return proof is not None and self._clock() - proof.seen < COVERED

    def _is_due(self, location: Location) -> bool:
        proof = self._proofs[location]
        return self._clock() >= max(proof.seen + PROBE_INTERVAL, proof.probe_at)

    def _probe(self, location: Location, accesses: Roles) -> None:
        """Tag the rule with an identity that AWS has not denied; the next one follows later."""
        denied = self._denied.setdefault(location.account, set())
        access = accesses[min(accesses.keys() - denied or accesses)]
        tags = [{"Key": PROBE_TAG, "Value": format_now()}]
        try:
            events = self._client(location.region, access)("events")
            events.tag_resource(ResourceARN=self._rule(location), Tags=tags)
        except (ClientError, BotoCoreError) as error:
            if access is OWN or classify(error) is not ErrorClass.DENIED:
                self._wait(location, PROBE_INTERVAL, describe(error))
            else:
                denied.add(access.role_arn or "")
                if accesses.keys() <= denied:
                    denied.clear()
                    self._wait(location, DENIED_INTERVAL, describe(error))
        else:
            self._wait(location, PROBE_INTERVAL)

    def _wait(self, location: Location, seconds: float, problem: str = "") -> None:
        """Start no probe for some time; log a new problem."""
        proof = self._proofs[location]
        proof.probe_at = self._clock() + seconds
        if problem and problem != proof.problem:
            log.warning("the rule %s cannot be probed: %s", self._rule(location), problem)
        proof.problem = problem

    def _rule(self, location: Location) -> str:
        account, region = location
        return f"arn:{self._partition}:events:{region}:{account}:rule/{self._name}"

    def _report(self) -> None:
        """Export and log which locations are covered."""
        before, self._covered = self._covered, frozenset(filter(self._is_covered, self._proofs))
        for location in self._proofs:
            CHANGE_EVENTS_COVERED.labels(*location).set(location in self._covered)
        for account, region in self._covered - before:
            log.info("events of changes arrive from account %s, %s", account, region)
        for account, region in (before & self._proofs.keys()) - self._covered:
            log.warning("events of changes no longer arrive from account %s, %s", account, region)


def _accesses(me: Identity, pipelines: Mapping[Location, Roles]) -> dict[str, Roles]:
    """Return the identities that can probe each account: the operator's own, or roles."""
    found: dict[str, dict[str, Access]] = {me.account: {"": OWN}}
    for location, roles in pipelines.items():
        if location.account != me.account:
            found.setdefault(location.account, {}).update(roles)
    return dict(found)
