"""Senders: callers that send custom events to a bus of another account directly."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
    new_uuid,
)
from ministack.services import eventbridge

from . import policies
from .event import Bus, Sender

_REFUSED = "NotAuthorizedForSourceException"


def install() -> None:
    """Let PutEvents reach the buses of other accounts whose policies admit the caller."""
    original = eventbridge._put_events

    def put(data: Mapping[str, Any], allow_aws_source: bool = False) -> Any:  # noqa: FBT001, FBT002
        buses = [Bus.parse(str(each.get("EventBusName", ""))) for each in data.get("Entries", [])]
        if not any(bus and bus.is_foreign for bus in buses):
            return original(data, allow_aws_source)
        return _put(data["Entries"], buses, original)

    eventbridge._put_events = put


def _put(entries: list[dict[str, Any]], buses: list[Bus | None], original: Any) -> Any:
    sender, results = Sender(iam_evaluator.caller_arn()), []
    for entry, bus in zip(entries, buses, strict=True):
        if bus is None or not bus.is_foreign:
            results += json.loads(original({"Entries": [entry]})[2])["Entries"]
        elif not policies.admits(bus, sender, entry):
            return error_response_json(
                "AccessDeniedException",
                f"User: {sender.arn} is not authorized to perform: events:PutEvents on resource:"
                f" {bus.arn} because no resource-based policy allows the events:PutEvents action",
                400,
            )
        else:
            results.append(_sent(entry, bus))
    failed = sum("ErrorCode" in result for result in results)
    return json_response({"FailedEntryCount": failed, "Entries": results})


def _sent(entry: dict[str, Any], bus: Bus) -> dict[str, str]:
    """Send one event with the account of the caller, and return its result."""
    if str(entry.get("Source", "")).startswith("aws."):
        return {"ErrorCode": _REFUSED, "ErrorMessage": "Not authorized for the source."}
    event = {
        "EventId": new_uuid(),
        "Source": entry.get("Source", ""),
        "DetailType": entry.get("DetailType", ""),
        "Detail": entry.get("Detail", "{}"),
        "Time": int(time.time()),
        "Resources": entry.get("Resources", []),
        "Account": get_account_id(),
        "Region": get_region(),
    }
    if not bus.deliver(event):
        message = f"Event bus {bus.name} does not exist."
        return {"ErrorCode": "ResourceNotFoundException", "ErrorMessage": message}
    return {"EventId": event["EventId"]}
