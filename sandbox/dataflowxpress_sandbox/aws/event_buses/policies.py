"""Policies of event buses: statements from calls and stacks, and whether they admit an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import json_response, request_scope
from ministack.services import eventbridge

from .event import Bus, Sender

_POLICIES = eventbridge._event_bus_policies
_VERSION = "2012-10-17"


def install() -> None:
    """Accept whole policies, accounts and organizations in PutPermission."""
    original = eventbridge._put_permission

    def put(data: Mapping[str, Any]) -> Any:
        bus = data.get("EventBusName") or "default"
        if "Policy" in data:
            _POLICIES[bus] = json.loads(data["Policy"])
            return json_response({})
        return original({**data, **_as_statement(data)})

    eventbridge._put_permission = put


def _as_statement(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return principal and condition of PutPermission as a statement has them."""
    principal, limit = data.get("Principal", "*"), data.get("Condition")
    named = {"AWS": f"arn:aws:iam::{principal}:root"}
    return {
        "Principal": principal if principal == "*" else named,
        "Condition": {limit["Type"]: {limit["Key"]: limit["Value"]}} if limit else None,
    }


def add_statement(bus: str, sid: str, properties: Mapping[str, Any]) -> None:
    """Add a statement to the policy of a bus, with the properties of CloudFormation."""
    statement = properties.get("Statement") or {"Effect": "Allow", **_as_statement(properties)}
    policy = _POLICIES.setdefault(bus, {"Version": _VERSION, "Statement": []})
    others = [each for each in policy["Statement"] if each.get("Sid") != sid]
    policy["Statement"] = [*others, {"Sid": sid, **statement}]


def admits(bus: Bus, sender: Sender, event: Mapping[str, Any]) -> bool:
    """Return whether the policy of a bus allows a caller of another account to send an event."""
    with request_scope(bus.account, bus.region):
        policy = _POLICIES.get(bus.name)
    found = iam_evaluator.evaluate_resource_policy(policy, context(bus, sender, event))
    return bool(found.decision == "Allow")


def context(bus: Bus, sender: Sender, event: Mapping[str, Any]) -> Any:
    """Return the request that IAM evaluates before a bus gets an event."""
    kind = "AssumedRole" if ":assumed-role/" in sender.arn else "User"
    return iam_evaluator.EvalContext(
        principal_arn=sender.arn,
        principal_type="Root" if sender.arn.endswith(":root") else kind,
        principal_account=sender.arn.split(":")[4],
        action="events:PutEvents",
        resource_arn=bus.arn,
        region=bus.region,
        service_context={
            "events:source": [event["Source"]],
            "events:detail-type": event["DetailType"],
            "events:eventbusinvocation": "true" if sender.rule else "false",
            **({"aws:sourcearn": sender.rule} if sender.rule else {}),
        },
    )
