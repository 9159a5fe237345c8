"""Function role: checks the permissions that Lambda itself needs from a function's role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region
from ministack.services import iam, lambda_svc

from .ledger import Ledger

_TO_POLL = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_TO_LOG = ("logs:CreateLogStream", "logs:PutLogEvents")


def install(ledger: Ledger) -> None:
    """Reject event source mappings and drop logs if the role lacks the permissions for them."""
    original_mapping = lambda_svc._create_esm
    original_logs = lambda_svc._emit_lambda_logs

    def mapping(data: Mapping[str, Any]) -> Any:
        source = str(data.get("EventSourceArn", ""))
        function = lambda_svc._functions.get(str(data.get("FunctionName", "")).split(":")[-1])
        if function and ":sqs:" in source:
            for action in _TO_POLL:
                if not _is_allowed(ledger, function["config"]["Role"], action, source):
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
        stream = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}:log-stream:"
        role = str(config.get("Role", ""))
        if all(_is_allowed(ledger, role, action, stream) for action in _TO_LOG):
            original_logs(function, *given, **more)

    lambda_svc._create_esm = mapping
    lambda_svc._emit_lambda_logs = logs


def _is_allowed(ledger: Ledger, role: str, action: str, resource: str) -> bool:
    match = re.fullmatch(r"arn:[\w-]+:iam::(\d{12}):role/(?:.*/)?([^/]+)", role)
    if not match:
        return False
    account, name = match.groups()
    session = f"arn:aws:sts::{account}:assumed-role/{name}/lambda"
    context = iam_evaluator.EvalContext(
        principal_arn=session,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    allowed = iam_evaluator.evaluate(context, policies, *limits).decision == "Allow"
    if allowed:
        ledger.allow(context, policies)
    else:
        ledger.refuse(session, action, resource)
    return bool(allowed)
