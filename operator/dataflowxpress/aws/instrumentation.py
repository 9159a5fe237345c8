"""Instrumentation: counts and times AWS calls by outcome, through botocore's event hooks.

Each attempt that ends, even without an answer, is progress of the work on a pipeline.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from botocore.session import Session

from dataflowxpress.telemetry import progress
from dataflowxpress.telemetry.metrics import AWS_REQUEST_SECONDS, AWS_REQUESTS, AWS_THROTTLES

from .errors import classify, is_throttling

STARTED = "dataflowxpress.started"  # a key in botocore's request context
FIRST_ERROR = 300  # HTTP


def observe(session: Session) -> None:
    """Measure every call of every client that *session* creates."""
    session.register("before-call", _start)
    session.register("after-call", _count_response)
    session.register("after-call-error", _count_exception)
    session.register("response-received", _end_attempt)


def _start(**event: Any) -> None:
    event["context"][STARTED] = time.monotonic()


def _count_response(**event: Any) -> None:
    if event["http_response"].status_code < FIRST_ERROR:
        _count(event, "Success")
    else:
        _count_exception(**event, exception=ClientError(event["parsed"], _names(event)[1]))


def _count_exception(**event: Any) -> None:
    _count(event, classify(event["exception"]).value)


def _end_attempt(**event: Any) -> None:
    progress.report()
    response = event["parsed_response"] or {}  # None if the endpoint did not respond
    if is_throttling(response.get("Error", {}).get("Code", "")):
        AWS_THROTTLES.labels(*_names(event)).inc()


def _count(event: Mapping[str, Any], outcome: str) -> None:
    AWS_REQUESTS.labels(*_names(event), outcome).inc()
    if started := event["context"].get(STARTED):
        AWS_REQUEST_SECONDS.labels(*_names(event)).observe(time.monotonic() - started)


def _names(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return service and operation of an event such as `after-call.glue.GetCrawler`."""
    _, service, operation = event["event_name"].split(".")
    return service, operation
