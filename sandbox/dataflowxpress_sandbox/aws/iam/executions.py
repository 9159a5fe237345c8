"""Executions: lets a check fail the execution of functions, in the form of a failed invocation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import lambda_svc


def refuse(refusal: Callable[[Mapping[str, Any]], tuple[str, str] | None]) -> None:
    """Fail each execution for which *refusal* returns an error type and a message.

    It gets the configuration of the function.
    """
    original = lambda_svc._execute_function

    def execute(function: Mapping[str, Any], event: Any) -> Any:
        config = function.get("config") or function
        in_scope = not lambda_svc._function_config_scope_mismatch(config)
        if in_scope and (error := refusal(config)):
            body = {"errorType": error[0], "errorMessage": error[1]}
            return {"error": True, "body": body, "log": ""}
        return original(function, event)

    lambda_svc._execute_function = execute
