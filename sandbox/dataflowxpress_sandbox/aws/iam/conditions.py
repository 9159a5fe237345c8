"""Conditions: the condition keys of a call and its resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import (
    cloudwatch,
    eventbridge,
    glue,
    iam,
    lambda_svc,
    sns,
    sqs,
    tagging,
)

from .request import Request

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_BOUNDED = {  # True: the boundary in the request, False: the boundary of the existing role
    "iam:CreateRole": True,
    "iam:PutRolePermissionsBoundary": True,
    "iam:DeleteRolePermissionsBoundary": False,
    "iam:PutRolePolicy": False,
    "iam:DeleteRolePolicy": False,
    "iam:DetachRolePolicy": False,
    "iam:UpdateAssumeRolePolicy": False,
}


def _tags_of_identity(arn: str) -> dict[str, str] | None:
    kind, *_, name = arn.split(":")[5].split("/")
    found = {"role": iam._roles, "user": iam._users}.get(kind, {}).get(name, {})
    if found.get("Arn") != arn:
        return None
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags") or ()}


_TAGS: dict[str, Callable[[str], Any]] = {
    "cloudwatch": cloudwatch._resource_tags.get,
    "events": eventbridge._tags.get,
    "glue": glue._tags.get,
    "iam": _tags_of_identity,
    "lambda": lambda arn: (lambda_svc._functions.get(arn.split(":")[6]) or {}).get("tags"),
    "sns": lambda arn: (sns._topics.get(arn) or {}).get("tags"),
    "sqs": lambda arn: (sqs._queues.get(sqs._queue_url(arn.split(":")[5])) or {}).get("tags"),
}


def install() -> None:
    """Support policy variables, and look up tags without a list of all resources."""
    original_met = iam_evaluator._conditions_met
    original_tags = tagging.resource_tags

    def met(conditions: Mapping[str, Any], context: Any) -> Any:
        return original_met(_substitute(conditions, context), context)

    def tags(arn: str) -> Any:
        lookup = _TAGS.get(arn.split(":")[2]) if arn.startswith("arn:") else None
        return lookup(arn) if lookup else original_tags(arn)

    iam_evaluator._conditions_met = met
    tagging.resource_tags = tags


def _substitute(conditions: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
    """Replace `${...}` by the values of the caller and the call."""
    if "${" not in str(conditions):
        return conditions

    def value(match: re.Match[str]) -> str:
        return str(iam_evaluator._resolve_condition_key(match[1], context) or match[0])

    def fill(wanted: Any) -> Any:
        if isinstance(wanted, list):
            return [fill(each) for each in wanted]
        return _VARIABLE.sub(value, wanted) if isinstance(wanted, str) else wanted

    return {
        operator: {key: fill(wanted) for key, wanted in keys.items()}
        for operator, keys in conditions.items()
    }


def keys_of(request: Request, action: str) -> dict[str, Any]:
    """Return the condition keys of a call that ministack lacks."""
    if action in _BOUNDED:
        return _boundary(request, of_request=_BOUNDED[action])
    if action in {"glue:TagResource", "glue:UntagResource"}:
        return _tags_of_glue(request)
    if "EventSourceMapping" in action:
        return _function(request)
    return {}


def _boundary(request: Request, *, of_request: bool) -> dict[str, Any]:
    role = iam._roles.get(request.fields.get("RoleName")) or {}
    found = (request.fields if of_request else role).get("PermissionsBoundary")
    return {"iam:PermissionsBoundary": found} if found else {}


def _tags_of_glue(request: Request) -> dict[str, Any]:
    added = request.fields.get("TagsToAdd", {})
    keys = [*added, *request.fields.get("TagsToRemove", [])]
    return {
        "aws:TagKeys": keys,
        **{f"aws:RequestTag/{key}": value for key, value in added.items()},
    }


def _function(request: Request) -> dict[str, Any]:
    """Return the function of an event source mapping; a list has none."""
    mapping = lambda_svc._esms.get(request.path.rstrip("/").rpartition("/")[2])
    if mapping:
        return {"lambda:FunctionArn": mapping["FunctionArn"]}
    name = str(request.fields.get("FunctionName", ""))
    if request.method != "POST" or not name:
        return {}
    return {"lambda:FunctionArn": request.arn("lambda", f"function:{name.rpartition(':')[2]}")}
