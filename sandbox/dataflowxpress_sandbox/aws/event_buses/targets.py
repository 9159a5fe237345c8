"""Targets: rules send events to buses of other accounts and regions, as the role of the target."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id
from ministack.services import eventbridge, iam

from dataflowxpress_sandbox.aws.iam import trust
from dataflowxpress_sandbox.aws.iam.roles import record, role_name

from . import policies
from .event import Bus, Sender

logger = logging.getLogger("dataflowxpress_sandbox.aws")

_EVENTS = "events.amazonaws.com"
_INPUTS = {"Input", "InputPath", "InputTransformer"}


def install() -> None:
    """Deliver to other accounts and regions, with the original account and region of an event."""
    original_invoke, original_check = eventbridge._invoke_target, eventbridge._validate_target_arn

    def invoke(target: Mapping[str, Any], event: Any, rule: Mapping[str, Any], *more: Any) -> None:
        bus = Bus.parse(str(target.get("Arn", "")))
        if bus is None or bus.is_here:
            original_invoke(target, event, rule, *more)
        elif problem := _problem(bus, target, event, rule):
            logger.warning("%s got no event of %s: %s", bus.arn, rule["Arn"], problem)

    def check(target: Mapping[str, Any]) -> Any:
        bus = Bus.parse(str(target.get("Arn", "")))
        if bus and bus.is_foreign and (given := sorted(_INPUTS & target.keys())):
            message = f"{given[0]} is not supported for an event bus of another account."
            return error_response_json("ValidationException", message, 400)
        return original_check(target)

    eventbridge._invoke_target, eventbridge._validate_target_arn = invoke, check


def _problem(
    bus: Bus, target: Mapping[str, Any], event: dict[str, Any], rule: Mapping[str, Any]
) -> str:
    """Deliver an event; return why that failed, empty if it did not."""
    if bus.is_foreign and event["Account"] != get_account_id():
        return "an event of another account goes no further than this one"
    role = role_name(str(target.get("RoleArn", "")))
    if record(role) is None or not trust.trusts(role, _EVENTS):
        return f"EventBridge cannot assume the role {role!r}"
    account = get_account_id()
    session = f"arn:aws:sts::{account}:assumed-role/{role}/events"
    sender = Sender(session, rule["Arn"])
    if not _allowed(role, bus, sender, event):
        return f"the role {role} cannot send events to it"
    if bus.is_foreign and not policies.admits(bus, sender, event):
        return f"its policy does not admit {session}"
    return "" if bus.deliver(event) else "it does not exist"


def _allowed(role: str, bus: Bus, sender: Sender, event: dict[str, Any]) -> bool:
    """Return whether the policies and the boundary of a role of this account allow to send."""
    account = get_account_id()
    own = iam_evaluator._gather_role_policies(role, account)
    boundary = iam_evaluator._permissions_boundary(iam._roles, role, account)
    context = policies.context(bus, sender, event)
    return bool(iam_evaluator.evaluate(context, own, *boundary).decision == "Allow")
