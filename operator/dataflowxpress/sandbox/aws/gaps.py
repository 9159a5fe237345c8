"""Gaps: what policies and tag searches rely on in AWS, and ministack does not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar

from ministack import app
from ministack.core import iam_evaluator
from ministack.services import cloudwatch, cloudwatch_logs, tagging

from dataflowxpress.sandbox.aws import HOST

Tagged = Iterator[tuple[str, list[dict[str, str]]]]


def install() -> None:
    """Fill them in this process."""
    _call_loopback_secure()
    tagging._COLLECTORS |= {"logs": _log_groups, "cloudwatch": _alarms}


def _call_loopback_secure() -> None:
    """Let policies that ask for TLS have their way: what stays on this machine needs none."""
    iam_evaluator._request_origin = ContextVar("origin", default=(HOST, True))

    def pin(address: str, _: object) -> None:
        iam_evaluator.pin_request_origin(address, secure_transport=True)

    app.pin_request_origin = pin


def _log_groups() -> Tagged:
    for group in cloudwatch_logs._log_groups.values():
        yield group["arn"].removesuffix(":*"), tagging._normalise_flat(group["tags"])


def _alarms() -> Tagged:
    for arn, tags in cloudwatch._resource_tags.items():
        yield arn, tagging._normalise_flat(tags)
