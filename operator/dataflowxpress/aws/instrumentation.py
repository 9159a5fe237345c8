"""AWS calls: counted, timed and told apart by outcome, through botocore's own events."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from botocore.session import Session

from dataflowxpress.telemetry.metrics import AWS_REQUEST_SECONDS, AWS_REQUESTS, AWS_THROTTLES

from .errors import classify, throttled

BEGAN = "dataflowxpress.began"  # a key in botocore's context of a request
FIRST_ERROR = 300  # HTTP


def observe(session: Session) -> None:
    """Measure every call of every client that *session* makes."""
    session.register("before-call", _begin)
    session.register("after-call", _answered)
    session.register("after-call-error", _unanswered)
    session.register("response-received", _attempted)


def _begin(**event: Any) -> None:
    event["context"][BEGAN] = time.monotonic()


def _answered(**event: Any) -> None:
    if event["http_response"].status_code < FIRST_ERROR:
        _count(event, "Success")
    else:
        _unanswered(**event, exception=ClientError(event["parsed"], _names(event)[1]))


def _unanswered(**event: Any) -> None:
    _count(event, classify(event["exception"]).value)


def _attempted(**event: Any) -> None:
    answer = event["parsed_response"] or {}  # there may have been none
    if throttled(answer.get("Error", {}).get("Code", "")):
        AWS_THROTTLES.labels(*_names(event)).inc()


def _count(event: Mapping[str, Any], outcome: str) -> None:
    AWS_REQUESTS.labels(*_names(event), outcome).inc()
    if began := event["context"].get(BEGAN):
        AWS_REQUEST_SECONDS.labels(*_names(event)).observe(time.monotonic() - began)


def _names(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return service and operation, from for example `after-call.glue.GetCrawler`."""
    _, service, operation = event["event_name"].split(".")
    return service, operation
