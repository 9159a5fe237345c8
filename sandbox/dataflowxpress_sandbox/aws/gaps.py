"""Gaps: behaviour of AWS that ministack lacks, in policies, searches and notifications."""

from __future__ import annotations

import json
import re
from contextvars import ContextVar
from itertools import combinations
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import json_response
from ministack.services import cloudwatch_logs, s3

from . import HOST, log_targets


def install() -> None:
    """Add the missing behaviour to ministack in this process."""
    _treat_loopback_as_tls()
    _refuse_overlapping_rules()
    log_targets.install()
    _compare_filters_with_encoded_keys()
    _find_log_groups_by_name()


def _treat_loopback_as_tls() -> None:
    """Satisfy policies that require TLS: loopback connections do not leave the machine."""
    iam_evaluator._request_origin = ContextVar("origin", default=(HOST, True))

    def pin(address: str, _: object) -> None:
        iam_evaluator.pin_request_origin(address, secure_transport=True)

    app.pin_request_origin = pin


def _refuse_overlapping_rules() -> None:
    """Reject notification documents with two rules for the same upload."""
    original = s3._validate_notification_configs

    def validate(rules: list[dict[str, Any]], *arguments: Any) -> Any:
        if any(_overlap(*pair) for pair in combinations(rules, 2)):
            return s3._invalid_notification_config(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two"
                " rules if the prefixes are overlapping for the same event type."
            )
        return original(rules, *arguments)

    s3._validate_notification_configs = validate


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    prefixes = sorted((one["filter_prefix"] or "", other["filter_prefix"] or ""), key=len)
    suffixes = sorted((one["filter_suffix"] or "", other["filter_suffix"] or ""), key=len)
    return (
        prefixes[1].startswith(prefixes[0])
        and suffixes[1].endswith(suffixes[0])
        and any(_same(a, b) for a in one["events"] for b in other["events"])
    )


def _same(one: str, other: str) -> bool:
    short, long = sorted((one.removesuffix("*"), other.removesuffix("*")), key=len)
    return one == other or (long.startswith(short) and "*" in one + other)


def _compare_filters_with_encoded_keys() -> None:
    """Match notification filters like S3: a filter in plain text matches no key that differs."""
    original = s3._key_matches_filter
    s3._key_matches_filter = lambda key, *filters: original(_encoded(key), *filters)


def _encoded(key: str) -> str:
    """Return a key with `+` for spaces, and %-codes for all but S3's safe characters and `/`."""
    safe = re.compile(rb"[A-Za-z0-9!_.*'()/-]")
    text = (bytes([byte]) for byte in key.encode())
    codes = (b if safe.match(b) else b"+" if b == b" " else b"%%%02X" % ord(b) for b in text)
    return b"".join(codes).decode()


def _find_log_groups_by_name() -> None:
    """Support the search for log groups by name or ARN."""
    original = cloudwatch_logs._describe_log_groups

    def describe(request: dict[str, Any]) -> Any:
        if not (identifiers := request.get("logGroupIdentifiers")):
            return original(request)
        names = {each.rpartition("log-group:")[2].removesuffix(":*") for each in identifiers}
        found = [group for name in sorted(names) if (group := _described(original, name))]
        return json_response({"logGroups": found})

    cloudwatch_logs._describe_log_groups = describe


def _described(describe: Any, name: str) -> Any:
    """Return one log group, which sorts before all other names with the same prefix."""
    _, _, body = describe({"logGroupNamePrefix": name, "limit": 1})
    first = next(iter(json.loads(body)["logGroups"]), None)
    return first if first and first["logGroupName"] == name else None
