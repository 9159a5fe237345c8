"""Function role: checks the permissions that Lambda itself needs from a function's role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import cloudwatch_logs, iam, lambda_svc

from .encryption import KEY
from .ledger import Ledger

_TO_POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_TO_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
_TO_CREATE_GROUP = "logs:CreateLogGroup"
_ROLE = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/(?:.*/)?([^/]+)")


def install(ledger: Ledger) -> None:
    """Reject event source mappings and drop logs if the role lacks the permissions for them."""
    original_mapping = lambda_svc._create_esm
    original_logs = lambda_svc._emit_lambda_logs
    original_concurrency = lambda_svc._sqs_esm_concurrency

    def mapping(data: Mapping[str, Any]) -> Any:
        source = str(data.get("EventSourceArn", ""))
        function = lambda_svc._functions.get(str(data.get("FunctionName", "")).split(":")[-1])
        if function and ":sqs:" in source:
            for action in _TO_POLL:
                if not is_allowed(ledger, function["config"]["Role"], action, source):
                    return error_response_json(
                        "InvalidParameterValueException",
                        "The provided execution role does not have permissions to call"
                        f" {action.partition(':')[2]} on SQS",
                        400,
                    )
        return original_mapping(data)

    def logs(function: Mapping[str, Any], *given: Any, **more: Any) -> None:
        config = function.get("config") or function
        group = (config.get("LoggingConfig") or {}).get("LogGroup")
        name = group or f"/aws/lambda/{config.get('FunctionName')}"
        arn = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}"
        stream = f"{arn}:log-stream:"
        role = str(config.get("Role", ""))
        # A function that ends after its group was deleted does not bring the group back.
        if name not in cloudwatch_logs._log_groups and not _is_granted(role, _TO_CREATE_GROUP, arn):
            return
        if all(is_allowed(ledger, role, action, stream) for action in _TO_LOG):
            original_logs(function, *given, **more)

    def concurrency(mapping: Any, function: Mapping[str, Any], config: Any, queue: Any) -> Any:
        """Return 0, so that Lambda does not poll, if the role cannot decrypt the messages."""
        key, role = queue["attributes"].get(KEY), function["config"]["Role"]
        via = {"kms:viaservice": f"sqs.{get_region()}.amazonaws.com"}
        if key and not is_allowed(ledger, role, "kms:Decrypt", key, via):
            return 0
        return original_concurrency(mapping, function, config, queue)

    lambda_svc._sqs_esm_concurrency = concurrency
    lambda_svc._create_esm = mapping
    lambda_svc._emit_lambda_logs = logs


def is_allowed(
    ledger: Ledger, role: str, action: str, resource: str, keys: Mapping[str, str] | None = None
) -> bool:
    """Return whether the role may do it, and record that it asked."""
    if not (found := _evaluated(role, action, resource, keys)):
        return False
    context, policies, allowed = found
    if allowed:
        ledger.allow(context, policies)
    else:
        ledger.refuse(context.principal_arn, action, resource)
    return allowed


def _is_granted(role: str, action: str, resource: str) -> bool:
    """Return whether the role may do it; leave no record."""
    found = _evaluated(role, action, resource)
    return found is not None and found[2]


def _evaluated(
    role: str, action: str, resource: str, keys: Mapping[str, str] | None = None
) -> tuple[Any, Any, bool] | None:
    """Return the context of a role's call, the role's policies, and whether they allow it."""
    if not (match := _ROLE.fullmatch(role)):
        return None
    account, name = match.groups()
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/lambda",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=dict(keys or {}),
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    decision = iam_evaluator.evaluate(context, policies, *limits).decision
    return context, policies, decision == "Allow"
