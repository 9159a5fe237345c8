"""Enforcement: checks all permissions of each call, like AWS, and records them in the ledger."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from . import bucket_owner, conditions, parsed_policies
from .implied import Needed, implied
from .ledger import Ledger
from .request import Request, current
from .resources import resource_of, with_parents

_TO_EVENT_SOURCE = {"GET": "Get", "PUT": "Update", "DELETE": "Delete"}
_deciding: ContextVar[bool] = ContextVar("deciding", default=False)
_refused: ContextVar[Needed | None] = ContextVar("refused", default=None)


def install(ledger: Ledger) -> None:
    """Enforce the permissions of all calls to this process."""
    parsed_policies.install()
    conditions.install()
    _name_actions()
    _name_resources()
    _name_missing_permissions()
    _record(ledger)
    original = iam_evaluator.enforce

    def check(key: str, action: str, service: str, region: str, **about: Any) -> Any:
        action = action.removesuffix("Batch") if service == "sqs" else action
        request = current.get()
        if request is None or request.service != service:
            return original(key, action, service, region, **about)
        context = (about.get("service_context") or {}) | conditions.keys_of(request, action)
        requested = Needed(action, about.get("resource_arn", "*"), context)
        for needed in (requested, *implied(request, *requested)):
            _refused.set(needed)
            kind = needed.action.partition(":")[0]
            for arn in with_parents(needed.resource) if kind == "glue" else [needed.resource]:
                _deciding.set(True)
                denied = original(key, needed.action, kind, region, arn, dict(needed.context))
                _deciding.set(False)
                if denied:
                    if isinstance(denied, iam_evaluator.EvalResult):
                        ledger.refuse(denied.principal_arn, needed.action, arn)
                    return denied
        return None

    iam_evaluator.enforce = check


def _name_actions() -> None:
    """Name the actions that ministack does not know, by the paths of their calls."""
    original = iam_actions.extract_iam_action

    def action(service: str, method: str, path: str, *given: Any) -> Any:
        if service == "lambda" and "/event-source-mappings/" in path.rstrip("/"):
            return f"lambda:{_TO_EVENT_SOURCE[method]}EventSourceMapping"
        if service == "lakeformation":
            return f"lakeformation:{path.strip('/')}"
        return original(service, method, path, *given)

    iam_actions.extract_iam_action = action


def _name_resources() -> None:
    original = iam_actions.extract_resource_arn

    def resource(*given: Any) -> Any:
        request = Request(*given)
        current.set(request)
        return resource_of(request) or original(*given)

    iam_actions.extract_resource_arn = resource


def _name_missing_permissions() -> None:
    """Name the missing action and its resource in the error, like AWS.

    S3 does not name them if another account owns the bucket.
    """
    original = iam_actions.access_denied_response

    def answer(service: str, action: str, principal: str, request_id: str, **more: Any) -> Any:
        needed = _refused.get()
        if needed is None or more.get("error_code") or more.get("resource_policy_arn"):
            return original(service, action, principal, request_id, **more)
        message = iam_actions.identity_denial_message(
            needed.action, principal, needed.resource, more.get("explicit_deny", False)
        )
        if bucket_owner.is_foreign(needed.resource, principal.split(":")[4]):
            message = "Access Denied"
        return original(service, action, principal, request_id, **{**more, "message": message})

    iam_actions.access_denied_response = answer


def _record(ledger: Ledger) -> None:
    """Record the statements of a caller's own policies that allow a call."""
    original = iam_evaluator.evaluate

    def evaluate(context: Any, policies: list[list[Any]], *limits: Any) -> Any:
        result = original(context, policies, *limits)
        if _deciding.get():
            _deciding.set(False)  # the next evaluation is of the resource policy
            if result.decision == "Allow":
                ledger.allow(context, policies)
        return result

    iam_evaluator.evaluate = evaluate
