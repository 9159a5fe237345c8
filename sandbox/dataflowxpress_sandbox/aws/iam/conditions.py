"""Conditions: keys that policies may ask for, and what a call and its resource say of them."""

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
    tagging,
)

from .request import Request

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_BOUNDED = {  # what asks for the boundary that is given, and what for the one that is there
    "iam:CreateRole": True,
    "iam:PutRolePermissionsBoundary": True,
    "iam:DeleteRolePermissionsBoundary": False,
    "iam:PutRolePolicy": False,
    "iam:DeleteRolePolicy": False,
    "iam:DetachRolePolicy": False,
}
_TAGS: dict[str, Callable[[str], Any]] = {
    "cloudwatch": cloudwatch._resource_tags.get,
    "events": eventbridge._tags.get,
    "glue": glue._tags.get,
    "lambda": lambda arn: (lambda_svc._functions.get(arn.split(":")[6]) or {}).get("tags"),
    "sns": lambda arn: (sns._topics.get(arn) or {}).get("tags"),
}


def install() -> None:
    """Have policies' variables filled in, and tags found that ministack does not look for."""
    their_met = iam_evaluator._conditions_met
    their_tags = tagging.resource_tags

    def met(conditions: Mapping[str, Any], context: Any) -> Any:
        return their_met(_filled_in(conditions, context), context)

    def tags(arn: str) -> Any:
        known = _TAGS.get(arn.split(":")[2]) if arn.startswith("arn:") else None
        return known(arn) if known else their_tags(arn)

    iam_evaluator._conditions_met = met
    tagging.resource_tags = tags


def _filled_in(conditions: Mapping[str, Any], context: Any) -> Mapping[str, Any]:
    """Put the caller's and the call's own values in the place of `${...}`."""
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
    """Return the condition keys of a call that ministack does not know."""
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
    """Return which function a mapping is for; a list is for none that a policy could name."""
    mapping = lambda_svc._esms.get(request.path.rstrip("/").rpartition("/")[2])
    if mapping:
        return {"lambda:FunctionArn": mapping["FunctionArn"]}
    name = str(request.fields.get("FunctionName", ""))
    if request.method != "POST" or not name:
        return {}
    return {"lambda:FunctionArn": request.arn("lambda", f"function:{name.rpartition(':')[2]}")}
