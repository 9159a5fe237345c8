"""Function grant: the KMS grant with which Lambda decrypts the environment of a function.

Lambda creates the grant for the unique id of the role, when a function gets variables or another
role. A role that is created again under its name has another id, so the grant does not fit it:
https://repost.aws/knowledge-center/lambda-kmsaccessdeniedexception-errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc

from . import executions
from .roles import record

GRANT = "kms_grant"  # in ministack's record of a function
DENIED = (
    "Lambda was unable to decrypt the environment variables because KMS access was denied."
    " Please check the function's KMS key settings. KMS Exception:"
    " UnrecognizedClientExceptionKMS Message: The security token included in the request is"
    " invalid."
)


def install() -> None:
    """Bind the environment of each function to its role, and fail invocations without a grant."""
    original_create, original_update = lambda_svc._create_function, lambda_svc._update_config
    original_invoke = lambda_svc._invoke

    def create(data: Mapping[str, Any]) -> Any:
        exists = data.get("FunctionName") in lambda_svc._functions
        response = original_create(data)
        if not exists:
            _grant(data.get("FunctionName"))
        return response

    def update(name: str, data: Mapping[str, Any]) -> Any:
        before = _role_of(name)
        response = original_update(name, data)
        _grant(name, keep=_role_of(name) == before)
        return response

    def refusal(config: Mapping[str, Any]) -> tuple[str, str] | None:
        readable = _can_decrypt(config["FunctionName"])
        return None if readable else ("KMSAccessDeniedException", DENIED)

    async def invoke(name: str, event: Any, headers: Mapping[str, str], *more: Any) -> Any:
        kind = headers.get("x-amz-invocation-type") or "RequestResponse"
        if kind == "RequestResponse" and not _can_decrypt(name):
            return error_response_json("KMSAccessDeniedException", DENIED, 502)
        return await original_invoke(name, event, headers, *more)

    lambda_svc._create_function, lambda_svc._update_config = create, update
    lambda_svc._invoke = invoke
    executions.refuse(refusal)


def _grant(name: Any, *, keep: bool = False) -> None:
    """Create the grant of a function; *keep* an existing one, because its role is the same."""
    function = lambda_svc._functions.get(name)
    if function is None:
        return
    if not _variables(function):
        function.pop(GRANT, None)
    elif not (keep and GRANT in function):
        function[GRANT] = _identity(_role_of(name))


def _can_decrypt(name: str) -> bool:
    function = lambda_svc._functions.get(name)
    if function is None or not _variables(function):
        return True
    return bool(function.get(GRANT) == _identity(_role_of(name)))


def _variables(function: Mapping[str, Any]) -> Mapping[str, str]:
    return (function["config"].get("Environment") or {}).get("Variables") or {}


def _role_of(name: str) -> str:
    function = lambda_svc._functions.get(name) or {}
    return str(function.get("config", {}).get("Role", ""))


def _identity(role: str) -> str:
    """Return the unique id of an existing role, and an empty string for another one."""
    return str((record(role) or {}).get("RoleId", ""))
