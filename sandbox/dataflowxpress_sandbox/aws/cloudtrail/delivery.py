"""Delivery: sends the record of each management write to EventBridge while a trail logs it."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import quote, urlencode

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudtrail, eventbridge

logger = logging.getLogger("dataflowxpress_sandbox.aws")

DETAIL_TYPE = "AWS API Call via CloudTrail"


def install() -> None:
    """Deliver the events of all calls to this process."""
    original = app._dispatch_service_request

    async def dispatch(*request: Any) -> Any:
        answer = await original(*request)
        if _any_trail_logs():
            _deliver(request, answer)
        return answer

    app._dispatch_service_request = dispatch


def _any_trail_logs() -> bool:
    return any(trail["IsLogging"] for _, _, trail in _trails())


def _trails() -> Any:
    return cloudtrail._account_trail_items(get_account_id())


def _logs(region: str) -> bool:
    """Return whether a trail logs management writes of a region."""
    return any(
        trail["IsLogging"] and (trail["IsMultiRegionTrail"] or home == region)
        for home, _, trail in _trails()
    )


def _deliver(request: Any, answer: Any) -> None:
    # Their import takes a second, and most servers have no trail.
    from dataflowxpress_sandbox.aws.operations import call_of

    from . import names
    from .record import record

    method, path, headers, body, query = request[:5]
    exchange = {
        "method": method,
        "path": quote(path),
        "query": urlencode(query, doseq=True),
        "headers": headers,
        "body": body.decode("latin-1"),
    }
    try:
        call = call_of(exchange)
    except LookupError as error:  # a page of the emulator, or a service without a model
        logger.debug("no event: %s", error)
        return
    region = names.region_of(call.service, get_region())
    if not names.is_management_write(call.service, call.operation.name) or not _logs(region):
        return
    caller = iam_evaluator.request_caller_arn(headers, query)
    entry = {
        "Source": f"aws.{names.source(call.service)}",
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(record(call, caller, region, headers, answer), default=str),
    }
    with request_scope(get_account_id(), region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
