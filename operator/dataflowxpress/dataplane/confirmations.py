"""Confirmations: addresses that confirm their subscription between two comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.aws.resources import Subscription
from dataflowxpress.planning.resource import Resource
from dataflowxpress.reporting.conditions import set_conditions
from dataflowxpress.reporting.outcomes import subscriptions_confirmed

from .observation import naming


def with_confirmations(
    client: Callable[[str], Any], wanted: Sequence[Resource], status: Status
) -> Status:
    """Return *status* with the answers of SNS about subscriptions that were not confirmed.

    Reads only, and only as long as `SubscriptionsConfirmed` is False.
    """
    condition = status["SubscriptionsConfirmed"]
    if condition is None or condition.status != "False":
        return status
    waits = {
        each.id: _waits_for(client("sns"), each)
        for each in wanted
        if isinstance(each, Subscription)
    }
    update = {"resources": tuple(_line(each, waits.get(each.id)) for each in status.resources)}
    names = [which.key[-1] for which, reason in waits.items() if reason]
    return set_conditions(status.model_copy(update=update), subscriptions_confirmed(names))


def _waits_for(sns: Any, subscription: Subscription) -> str:
    """Return what the address has to do; the next comparison subscribes an absent one again."""
    with naming(subscription.topic):
        have = Subscription.read(sns, *subscription.key)
    return subscription.initially_waits_for if have is None else Subscription.waits_for(have)


def _line(line: ResourceStatus, reason: str | None) -> ResourceStatus:
    if reason is None:
        return line
    return line.model_copy(update={"state": "Pending" if reason else "Ready", "message": reason})
