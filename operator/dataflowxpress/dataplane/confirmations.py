"""Confirmations: which addresses were asked to confirm, and which have done so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.api.timestamps import format_now
from dataflowxpress.aws.resources import Subscription
from dataflowxpress.planning.resource import Resource
from dataflowxpress.reporting.conditions import set_conditions
from dataflowxpress.reporting.outcomes import subscriptions_confirmed

from .missing import naming


def with_requests(wanted: Sequence[Resource], status: Status) -> list[Resource]:
    """Return *wanted* with the time at which each address was asked, as *status* records it."""
    asked = {line.id: line.requested_at for line in status.resources}
    return [
        replace(each, requested_at=asked.get(each.id, ""))
        if isinstance(each, Subscription)
        else each
        for each in wanted
    ]


def with_confirmations(
    client: Callable[[str], Any], wanted: Sequence[Resource], status: Status
) -> Status:
    """Return *status* with the answers of SNS about subscriptions that were not confirmed.

    Reads only, and only as long as `SubscriptionsConfirmed` is False.
    """
    condition = status["SubscriptionsConfirmed"]
    if condition is None or condition.status != "False":
        return status
    waits = {each.id: _waits_for(client("sns"), each) for each in _subscriptions(wanted)}
    update = {"resources": tuple(_line(each, waits.get(each.id)) for each in status.resources)}
    names = [which.key[-1] for which, reason in waits.items() if reason]
    return set_conditions(status.model_copy(update=update), subscriptions_confirmed(names))


def ask_again(client: Callable[[str], Any], wanted: Sequence[Resource], status: Status) -> Status:
    """Ask each address without a confirmed subscription again; return the status with the time."""
    sns, asked = client("sns"), set[Id]()
    for each in _subscriptions(wanted):
        if _waits_for(sns, each):
            with naming(each.topic):
                each.create(sns, each.desired(), each.scope.all_tags)
            asked.add(each.id)
    update = {"requested_at": format_now()}
    lines = (
        line.model_copy(update=update) if line.id in asked else line for line in status.resources
    )
    asked_status = status.model_copy(update={"resources": tuple(lines)})
    return with_confirmations(client, with_requests(wanted, asked_status), asked_status)


def _subscriptions(wanted: Sequence[Resource]) -> list[Subscription]:
    return [each for each in wanted if isinstance(each, Subscription)]


def _waits_for(sns: Any, subscription: Subscription) -> str:
    """Return what the address has to do; the next comparison subscribes an unasked one."""
    with naming(subscription.topic):
        have = Subscription.read(sns, *subscription.key)
    if have is None:
        return subscription.stays_absent or subscription.initially_waits_for
    return Subscription.waits_for(have)


def _line(line: ResourceStatus, reason: str | None) -> ResourceStatus:
    if reason is None:
        return line
    return line.model_copy(update={"state": "Pending" if reason else "Ready", "message": reason})
