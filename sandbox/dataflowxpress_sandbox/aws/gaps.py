"""Gaps: what policies, searches and notifications need of AWS, and ministack has not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextvars import ContextVar
from itertools import combinations
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import json_response
from ministack.services import cloudwatch, cloudwatch_logs, lambda_svc, s3, tagging

from . import HOST

Tagged = Iterator[tuple[str, list[dict[str, str]]]]


def install() -> None:
    """Fill them in this process."""
    _call_loopback_secure()
    _refuse_overlapping_rules()
    _find_log_groups_by_name()
    functions = tagging._COLLECTORS["lambda"]
    tagging._COLLECTORS |= {
        "logs": _log_groups,
        "cloudwatch": _alarms,
        "lambda": lambda: (*functions(), *_event_source_mappings()),
    }


def _call_loopback_secure() -> None:
    """Let policies that ask for TLS have their way: what stays on this machine needs none."""
    iam_evaluator._request_origin = ContextVar("origin", default=(HOST, True))

    def pin(address: str, _: object) -> None:
        iam_evaluator.pin_request_origin(address, secure_transport=True)

    app.pin_request_origin = pin


def _refuse_overlapping_rules() -> None:
    """Refuse notifications of which two would tell of the same upload."""
    theirs = s3._validate_notification_configs

    def validate(rules: list[dict[str, Any]], *arguments: Any) -> Any:
        if any(_overlap(*pair) for pair in combinations(rules, 2)):
            return s3._invalid_notification_config(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two"
                " rules if the prefixes are overlapping for the same event type."
            )
        return theirs(rules, *arguments)

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


def _find_log_groups_by_name() -> None:
    """Answer for those log groups that are asked for by name or ARN, and not with all there are."""
    theirs = cloudwatch_logs._describe_log_groups

    def describe(asked: dict[str, Any]) -> Any:
        if not (named := asked.get("logGroupIdentifiers")):
            return theirs(asked)
        names = {each.rpartition("log-group:")[2].removesuffix(":*") for each in named}
        found = [group for name in sorted(names) if (group := _described(theirs, name))]
        return json_response({"logGroups": found})

    cloudwatch_logs._describe_log_groups = describe


def _described(describe: Any, name: str) -> Any:
    """Return what is said of one log group, whose name sorts before all that it begins."""
    _, _, body = describe({"logGroupNamePrefix": name, "limit": 1})
    first = next(iter(json.loads(body)["logGroups"]), None)
    return first if first and first["logGroupName"] == name else None


def _log_groups() -> Tagged:
    for group in cloudwatch_logs._log_groups.values():
        yield group["arn"].removesuffix(":*"), tagging._normalise_flat(group["tags"])


def _alarms() -> Tagged:
    for arn, tags in cloudwatch._resource_tags.items():
        yield arn, tagging._normalise_flat(tags)


def _event_source_mappings() -> Tagged:
    for identifier, mapping in lambda_svc._esms.items():
        yield lambda_svc._esm_arn(identifier), tagging._normalise_flat(mapping.get("Tags", {}))
