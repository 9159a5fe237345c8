"""Coverage: in which regions events of changes arrive, by a probe that makes one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.api.timestamps import format_now
from dataflowxpress.aws.clients import Clients, Identity
from dataflowxpress.aws.cloudtrail import GLOBAL_REGIONS
from dataflowxpress.aws.errors import describe
from dataflowxpress.telemetry.metrics import CHANGE_EVENTS_COVERED

from .change_index import Location

log = logging.getLogger(__name__)

PROBE_TAG = "dataflowxpress.io/probed-at"
PROBE_INTERVAL = 600.0  # seconds without an event until the operator makes one
COVERED = 1800.0  # seconds that one event proves; events arrive within 15 minutes


class Coverage:
    """The regions of the operator's account from which an event arrived recently.

    CloudTrail can stop, and rules can be deleted, without an error anywhere. So the operator tags
    the rule *name* of each region from time to time, and expects this call in the queue, too.
    """

    def __init__(
        self,
        name: str,
        client: Callable[[str | None], Clients],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._client, self._clock = name, client, clock
        self._me: Identity | None = None  # known from the first check on
        self._seen: dict[str, float] = {}
        self._probed: dict[str, float] = {}
        self._covered = frozenset[str]()
        self._problems: dict[str, str] = {}

    def observe(self, account: str, region: str) -> None:
        """Record that an event has arrived."""
        if self._me and account == self._me.account:
            self._seen[region] = self._clock()

    def includes(self, location: Location) -> bool:
        """Return whether events of all services arrive from an account and region."""
        me = self._me
        if me is None or location.account != me.account:
            return False
        return all(map(self._is_covered, {location.region, _global_region(me)}))

    def check(self, locations: Iterable[Location]) -> bool:
        """Probe the regions that are due; return whether a region has lost its coverage.

        Raises the error of AWS if the operator's own account is unknown.
        """
        me = self._me = self._client(None).identity
        regions = {each.region for each in locations if each.account == me.account}
        needed = {*regions, _global_region(me)}
        for region in needed:
            if self._is_due(region):
                self._probe(me, region)
        before, self._covered = self._covered, frozenset(filter(self._is_covered, needed))
        for region in needed:
            CHANGE_EVENTS_COVERED.labels(region).set(region in self._covered)
        for region in self._covered - before:
            log.info("events of changes arrive from %s", region)
        lost = before & needed - self._covered
        for region in lost:
            log.warning("events of changes no longer arrive from %s", region)
        return bool(lost)

    def _is_covered(self, region: str) -> bool:
        return self._clock() - self._seen.get(region, float("-inf")) < COVERED

    def _is_due(self, region: str) -> bool:
        last = (at.get(region, float("-inf")) for at in (self._seen, self._probed))
        return self._clock() - max(last) >= PROBE_INTERVAL

    def _probe(self, me: Identity, region: str) -> None:
        self._probed[region] = self._clock()
        rule = f"arn:{me.partition}:events:{region}:{me.account}:rule/{self._name}"
        tags = [{"Key": PROBE_TAG, "Value": format_now()}]
        problem = ""
        try:
            self._client(region)("events").tag_resource(ResourceARN=rule, Tags=tags)
        except (ClientError, BotoCoreError) as error:
            problem = describe(error)
        if problem and problem != self._problems.get(region):
            log.warning("the rule %s cannot be probed: %s", rule, problem)
        self._problems[region] = problem


def _global_region(me: Identity) -> str:
    """Return the region that has the events of IAM."""
    return GLOBAL_REGIONS.get(me.partition, "us-east-1")
