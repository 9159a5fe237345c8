"""Metrics of AWS calls: botocore speaks with a server that throttles, denies and hangs up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from dataflowxpress.aws.instrumentation import observe
from dataflowxpress.telemetry.metrics import REGISTRY
from tests.unit.server import WHO, Server

ERROR = "<ErrorResponse><Error><Code>{}</Code><Message>no</Message></Error></ErrorResponse>"
CALL = {"service": "sts", "operation": "GetCallerIdentity"}


def client(port: int) -> Any:
    session = botocore.session.Session()
    session.set_credentials("some", "body")
    observe(session)
    return session.create_client(
        "sts",
        region_name="eu-west-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        config=Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=1),
    )


@pytest.fixture
def counted() -> Callable[..., float]:
    """How much a metric has grown during the test."""
    names = ("aws_requests_total", "aws_throttles_total", "aws_request_duration_seconds_count")
    outcomes: list[dict[str, str]] = [
        {},
        *({"outcome": outcome} for outcome in ("Success", "AccessDenied", "AWSUnreachable")),
    ]

    def now(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(f"dataflowxpress_{name}", CALL | labels) or 0

    before = {(n, *o.values()): now(n, **o) for n in names for o in outcomes}
    return lambda name, **labels: now(name, **labels) - before[name, *labels.values()]


def test_a_call_is_counted_once_and_each_throttled_attempt_too(
    server: Server, counted: Callable[..., float]
) -> None:
    server.answers.extend([(400, ERROR.format("Throttling")), (200, WHO)])
    client(server.port).get_caller_identity()
    assert counted("aws_requests_total", outcome="Success") == 1
    assert counted("aws_throttles_total") == 1
    assert counted("aws_request_duration_seconds_count") == 1


def test_an_error_is_counted_by_what_it_means(
    server: Server, counted: Callable[..., float]
) -> None:
    server.answers.append((403, ERROR.format("AccessDenied")))
    with pytest.raises(ClientError):
        client(server.port).get_caller_identity()
    assert counted("aws_requests_total", outcome="AccessDenied") == 1
    assert counted("aws_throttles_total") == 0


def test_no_answer_is_counted_too(counted: Callable[..., float]) -> None:
    with pytest.raises(EndpointConnectionError):
        client(1).get_caller_identity()  # nobody listens there
    assert counted("aws_requests_total", outcome="AWSUnreachable") == 1
    assert counted("aws_request_duration_seconds_count") == 1
