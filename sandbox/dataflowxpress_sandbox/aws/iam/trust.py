"""Trust: whether a service can assume a role, by the trust policy and what the service sends.

AWS documents no service for which Lambda or Glue sends `aws:SourceAccount` or `aws:SourceArn` when
it assumes an execution role. So neither sends them here, and a policy that requires them fails.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id
from ministack.services import lambda_svc

from . import executions
from .roles import record

LAMBDA = "lambda.amazonaws.com"
UNTRUSTED = "The role defined for the function cannot be assumed by Lambda."


def trusts(role: str, service: str) -> bool:
    """Return whether the trust policy of a role, given by name or ARN, allows *service*."""
    found = record(role) or {}
    document = found.get("AssumeRolePolicyDocument") or {}
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    relevant = [
        statement
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if iam_evaluator._service_principal_matches(statement.get("Principal"), service)
    ]
    # The evaluator treats calls of root as calls of a service; these statements name the service.
    root = f"arn:aws:iam::{get_account_id()}:root"
    return bool(iam_evaluator.evaluate_trust_policy({"Statement": relevant}, root))


def install() -> None:
    """Refuse functions whose role does not trust Lambda, and fail their invocations."""
    original_create, original_update = lambda_svc._create_function, lambda_svc._update_config

    def create(data: Any) -> Any:
        return _refused(data) or original_create(data)

    def update(name: str, data: Any) -> Any:
        return _refused(data) or original_update(name, data)

    def refusal(config: Any) -> tuple[str, str] | None:
        trusted = trusts(str(config.get("Role", "")), LAMBDA)
        return None if trusted else ("AccessDeniedException", UNTRUSTED)

    lambda_svc._create_function, lambda_svc._update_config = create, update
    executions.refuse(refusal)


def _refused(data: Any) -> Any:
    """Return the error of a call with a role that exists and does not trust Lambda, or None."""
    role = str(data.get("Role", ""))
    if not record(role) or trusts(role, LAMBDA):
        return None
    return error_response_json("InvalidParameterValueException", UNTRUSTED, 400)
