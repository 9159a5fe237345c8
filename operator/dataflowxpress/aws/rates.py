"""Rates: how many calls the operator makes in a second to a service of an account and region.

All workers and sessions share one token bucket for each account, region and service. AWS counts
all callers of an account, so the defaults leave a third of the published quotas to others.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dataflowxpress.telemetry import progress
from dataflowxpress.telemetry.metrics import AWS_RATE_WAIT_SECONDS

from .errors import is_throttling
from .precedence import PRECEDENCE
from .turns import Call, Claim, Turns, claim


class Quota(NamedTuple):
    """Calls per second that AWS allows an account and region, with the page that says so.

    AWS has quotas for operations, also where one bucket holds for a service. The number is then the
    lowest one of the operations that many pipelines need at once.
    """

    per_second: float
    source: str = ""  # below https://docs.aws.amazon.com; empty: a guess, AWS has no page


QUOTAS: Mapping[str, Quota] = {
    "cloudwatch": Quota(3, "AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"),
    "events": Quota(50, "eventbridge/latest/userguide/eb-quota.html"),
    "glue": Quota(30),
    "iam": Quota(15),
    "lakeformation": Quota(7.5),
    "lambda": Quota(15, "lambda/latest/dg/gettingstarted-limits.html"),  # all operations together
    "logs": Quota(10, "AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"),
    "resourcegroupstaggingapi": Quota(15, "tag-editor/latest/userguide/reference.html"),
    "s3": Quota(450),  # 3,500 writes of a prefix; none is published for configurations of buckets
    "sns": Quota(10, "general/latest/gr/sns.html"),
    "sqs": Quota(150),
    "sts": Quota(600, "IAM/latest/UserGuide/reference_iam-quotas.html"),
}
SHARE = 2 / 3  # of a quota: the rest is for the other callers of the account
DEFAULTS = {service: quota.per_second * SHARE for service, quota in QUOTAS.items()}
OTHERS = 5.0  # for a service without an entry
BURST = (
    1.5  # seconds of the rate that can be sent at once: with the defaults, AWS' quota of a second
)
GLOBAL = {"iam"}  # one endpoint for all regions of a partition
LOWEST = 0.05  # of the rate, after repeated throttling
RECOVERY = 60.0  # seconds from zero to the full rate
CAUTION = 1.0  # seconds in which several throttled calls count as one


class Bucket:
    """A token bucket: *rate* calls per second on average, and `BURST` seconds of them at once.

    When AWS throttles calls, the rate is halved; then it recovers. *wait* waits for a change of the
    condition, at most for some seconds.
    """

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float | None], object] = threading.Condition.wait,
    ) -> None:
        self.limit, self.rate, self._clock, self._wait = rate, rate, clock, wait
        self._tokens, self._filled_at = self._most, clock()
        self._throttled_at = float("-inf")
        self._turns, self._changed = Turns(), threading.Condition()

    @property
    def _most(self) -> float:
        return max(1.0, self.limit * BURST)

    def take(self, claim: Claim) -> None:
        """Wait for a token."""
        with self._changed:
            call = self._turns.join(claim)
            sent = False
            try:
                while (pause := self._pause(call)) != 0:
                    self._wait(self._changed, pause)
                self._tokens -= 1
                sent = True
            finally:
                self._turns.leave(call, sent=sent)
                self._changed.notify_all()

    def _pause(self, call: Call) -> float | None:
        """Return the seconds until a call can be sent; None if others precede it."""
        if not self._turns.is_next(call):
            return None
        self._refill()
        return max(0.0, (1 - self._tokens) / self.rate)

    def throttled(self) -> None:
        """Slow down, because AWS has throttled a call."""
        with self._changed:
            self._refill()
            self._tokens = min(self._tokens, 0.0)
            if self._clock() - self._throttled_at >= CAUTION:
                self.rate = max(self.rate / 2, self.limit * LOWEST)
                self._throttled_at = self._clock()

    def _refill(self) -> None:
        now = self._clock()
        passed, self._filled_at = now - self._filled_at, now
        self._tokens = min(self._most, self._tokens + passed * self.rate)
        self.rate = min(self.limit, self.rate + passed * self.limit / RECOVERY)


class Rates:
    """The buckets of all accounts, regions and services."""

    def __init__(self) -> None:
        self._limits = dict(DEFAULTS)
        self._buckets: dict[tuple[str, str, str], Bucket] = {}
        self._lock = threading.Lock()

    def configure(self, limits: Mapping[str, float]) -> None:
        """Replace the defaults of some services, in calls per second."""
        with self._lock:
            self._limits = {**DEFAULTS, **limits}
            self._buckets.clear()

    def bucket(self, account: str, region: str, service: str) -> Bucket:
        """Return the bucket that all callers of a service share."""
        key = account, "" if service in GLOBAL else region, service
        with self._lock:
            if key not in self._buckets:
                self._buckets[key] = Bucket(self._limits.get(service, OTHERS))
            return self._buckets[key]

    def apply_to(self, client: Any, service: str, account: Callable[[], str]) -> None:
        """Limit the calls of *client*; each attempt counts, also a retry."""
        region = client.meta.region_name

        def wait(**_: Any) -> None:
            PRECEDENCE.give_way()
            began = time.monotonic()
            self.bucket(account(), region, service).take(claim())
            AWS_RATE_WAIT_SECONDS.labels(service).inc(time.monotonic() - began)
            progress.report()

        def slow_down(**event: Any) -> None:
            response = event["parsed_response"] or {}  # None if the endpoint did not respond
            if is_throttling(response.get("Error", {}).get("Code", "")):
                self.bucket(account(), region, service).throttled()

        # Before the signature, which is valid for minutes only.
        client.meta.events.register("before-sign", wait)
        client.meta.events.register("response-received", slow_down)


RATES = Rates()  # of this process


class InvalidRate(ValueError):
    """A rate that is not SERVICE=CALLS, with a known service and a positive number."""


def parse(texts: Iterable[str]) -> dict[str, float]:
    """Return the limits in texts such as `iam=20`; raises InvalidRate."""
    return dict(map(_parsed, texts))


def _parsed(text: str) -> tuple[str, float]:
    service, _, number = text.partition("=")
    if service not in DEFAULTS:
        known = ", ".join(DEFAULTS)
        raise InvalidRate(f"{text!r}: the service is none of {known}")
    try:
        rate = float(number)
    except ValueError:
        rate = 0
    if not 0 < rate < math.inf:
        raise InvalidRate(f"{text!r}: write {service}=CALLS with a positive number per second")
    return service, rate
