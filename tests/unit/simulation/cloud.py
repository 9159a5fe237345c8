"""Cloud: the unit tests' AWS in memory, with faults, and with the invariants of its owners."""

from __future__ import annotations

from dataclasses import dataclass, field

from botocore.exceptions import ClientError, EndpointConnectionError

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.resource_id import Key
from dataflowxpress.planning.ownership import OWNER_TAG
from tests.unit.conftest import Memory, aws_error

from .api_server import ApiServer
from .scheduler import Scheduler

READS = ("page", "read", "tags")
FAULTS: tuple[ClientError | EndpointConnectionError, ...] = (
    aws_error("Throttling"),
    aws_error("AccessDenied"),
    EndpointConnectionError(endpoint_url="https://memory"),
)


class Broken(BaseException):
    """An invariant does not hold; no handler of errors may catch it."""


@dataclass
class Cloud(Memory):
    """Checks each write of the operator at the moment at which it happens."""

    scheduler: Scheduler = field(default_factory=lambda: Scheduler(0))
    api: ApiServer = field(default_factory=lambda: ApiServer(Scheduler(0)))
    fault_rate: float = 0.0

    def call(self, verb: str, key: Key) -> None:
        """Let others go first; fail at random; check what a write does."""
        self.scheduler.step(f"{verb} {key[-1]}")
        if verb not in READS:
            self._check(verb, key)
        if self.scheduler.chance(self.fault_rate):
            raise self.scheduler.random.choice(FAULTS)

    def owner_of(self, key: Key) -> str:
        """Return the owner of a box, or of the box of a lid; empty for a box of nobody."""
        arn = f"arn:aws:memory:eu-west-1:111122223333:box/{key[0]}"
        return self.tags.get(arn, {}).get(OWNER_TAG, "")

    def _check(self, verb: str, key: Key) -> None:
        expected = f"shop/{key[0].partition('.')[0]}"
        is_there = (key[0],) in self.things
        if verb == "delete" and is_there and (owner := self.owner_of(key)) != expected:
            raise Broken(f"{key} of {owner or 'nobody'} is deleted for {expected}")
        if verb == "create":
            self._check_record(key, expected)

    def _check_record(self, key: Key, owner: str) -> None:
        """Find a new resource in the status of a pipeline that is held."""
        namespace, _, name = owner.partition("/")
        body = self.api.objects.get((namespace, name))
        if body is None or not Pipeline(body).is_held:
            raise Broken(f"{key} is created for {owner}, which nothing holds")
        known = Pipeline(body).status.resources
        recorded = {each.key for each in known if each.state != "Refused"}
        if key not in recorded:
            raise Broken(f"{key} is created, but {owner} does not record it")
