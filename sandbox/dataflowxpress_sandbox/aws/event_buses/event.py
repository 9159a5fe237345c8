"""Event: the bus that gets an event, and the caller that sends it."""

from __future__ import annotations

from typing import Any, NamedTuple

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge


class Sender(NamedTuple):
    """The caller that sends an event; *rule* is the ARN of the rule that it serves, if any."""

    arn: str
    rule: str = ""


class Bus(NamedTuple):
    """An event bus."""

    arn: str
    region: str
    account: str
    name: str

    @classmethod
    def parse(cls, arn: str) -> Bus | None:
        """Return the bus with an ARN; None if the text is no ARN of a bus."""
        parts = arn.split(":", 5)
        if len(parts) < 6 or parts[2] != "events" or not parts[5].startswith("event-bus/"):  # noqa: PLR2004 - of an ARN
            return None
        return cls(arn, parts[3], parts[4], parts[5].removeprefix("event-bus/"))

    @property
    def is_foreign(self) -> bool:
        """Whether another account owns it."""
        return bool(self.account != get_account_id())

    @property
    def is_here(self) -> bool:
        """Whether it is in the account and region of the call."""
        return not self.is_foreign and bool(self.region == get_region())

    def deliver(self, event: dict[str, Any]) -> bool:
        """Pass an event to the rules of the bus; return whether it exists."""
        with request_scope(self.account, self.region):
            if self.name != "default" and self.name not in eventbridge._event_buses:
                return False
            eventbridge._dispatch_event({**event, "EventBusName": self.name})
        return True
