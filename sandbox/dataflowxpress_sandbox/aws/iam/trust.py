"""Trust: whether a service can assume a role, by the trust policy and what the service sends.

AWS documents no service for which Lambda or Glue sends `aws:SourceAccount` or `aws:SourceArn` when
it assumes an execution role. So neither sends them here, and a policy that requires them fails.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id
from ministack.services import iam, lambda_svc

LAMBDA = "lambda.amazonaws.com"
UNTRUSTED = "The role defined for the function cannot be assumed by Lambda."


def trusts(role: str, service: str) -> bool:
    """Return whether the trust policy of a role, given by name or ARN, allows *service*."""
    found = iam._roles.get(role.rpartition("/")[2]) or {}
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
    original_execute = lambda_svc._execute_function

    def create(data: Any) -> Any:
        return _refused(data) or original_create(data)

    def update(name: str, data: Any) -> Any:
        return _refused(data) or original_update(name, data)

    def execute(function: Any, event: Any) -> Any:
        config = function.get("config") or function
        in_scope = not lambda_svc._function_config_scope_mismatch(config)
        if in_scope and not trusts(str(config.get("Role", "")), LAMBDA):
            body = {"errorType": "AccessDeniedException", "errorMessage": UNTRUSTED}
            return {"error": True, "body": body, "log": ""}
        return original_execute(function, event)

    lambda_svc._create_function, lambda_svc._update_config = create, update
    lambda_svc._execute_function = execute


def _refused(data: Any) -> Any:
    """Return the error of a call with a role that exists and does not trust Lambda, or None."""
    role = str(data.get("Role", ""))
    if not iam._roles.get(role.rpartition("/")[2]) or trusts(role, LAMBDA):
        return None
    return error_response_json("InvalidParameterValueException", UNTRUSTED, 400)
