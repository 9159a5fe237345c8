"""Enforcement: each call is checked with all that AWS asks for, and written into the ledger."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from . import conditions
from .implied import Needed, implied
from .ledger import Ledger
from .request import Request, current
from .resources import resource_of, with_parents

_TO_EVENT_SOURCE = {"GET": "Get", "PUT": "Update", "DELETE": "Delete"}
_deciding: ContextVar[bool] = ContextVar("deciding", default=False)
_refused: ContextVar[Needed | None] = ContextVar("refused", default=None)


def install(ledger: Ledger) -> None:
    """Have every call of this process checked so."""
    conditions.install()
    _name_actions()
    _name_resources()
    _tell_what_was_refused()
    _record(ledger)
    their_check = iam_evaluator.enforce

    def check(key: str, action: str, service: str, region: str, **about: Any) -> Any:
        action = action.removesuffix("Batch") if service == "sqs" else action
        request = current.get()
        if request is None or request.service != service:
            return their_check(key, action, service, region, **about)
        context = (about.get("service_context") or {}) | conditions.keys_of(request, action)
        asked = Needed(action, about.get("resource_arn", "*"), context)
        for needed in (asked, *implied(request, *asked)):
            _refused.set(needed)
            kind = needed.action.partition(":")[0]
            for arn in with_parents(needed.resource) if kind == "glue" else [needed.resource]:
                _deciding.set(True)
                denied = their_check(key, needed.action, kind, region, arn, dict(needed.context))
                _deciding.set(False)
                if denied:
                    if isinstance(denied, iam_evaluator.EvalResult):
                        ledger.refuse(denied.principal_arn, needed.action, arn)
                    return denied
        return None

    iam_evaluator.enforce = check


def _name_actions() -> None:
    """Name what is done to one event source, which ministack would let everybody do."""
    theirs = iam_actions.extract_iam_action

    def action(service: str, method: str, path: str, *given: Any) -> Any:
        if service == "lambda" and "/event-source-mappings/" in path.rstrip("/"):
            return f"lambda:{_TO_EVENT_SOURCE[method]}EventSourceMapping"
        return theirs(service, method, path, *given)

    iam_actions.extract_iam_action = action


def _name_resources() -> None:
    theirs = iam_actions.extract_resource_arn

    def resource(*given: Any) -> Any:
        request = Request(*given)
        current.set(request)
        return resource_of(request) or theirs(*given)

    iam_actions.extract_resource_arn = resource


def _tell_what_was_refused() -> None:
    """Name in an answer the action that was missing, and on what, as AWS does."""
    theirs = iam_actions.access_denied_response

    def answer(service: str, action: str, principal: str, request_id: str, **more: Any) -> Any:
        needed = _refused.get()
        if needed is None or more.get("error_code") or more.get("resource_policy_arn"):
            return theirs(service, action, principal, request_id, **more)
        words = iam_actions.identity_denial_message(
            needed.action, principal, needed.resource, more.get("explicit_deny", False)
        )
        return theirs(service, action, principal, request_id, **{**more, "message": words})

    iam_actions.access_denied_response = answer


def _record(ledger: Ledger) -> None:
    """Write down which statements of a caller's own policies allow a call."""
    theirs = iam_evaluator.evaluate

    def evaluate(context: Any, policies: list[list[Any]], *limits: Any) -> Any:
        result = theirs(context, policies, *limits)
        if _deciding.get():
            _deciding.set(False)  # what comes now is the policy of the resource
            if result.decision == "Allow":
                ledger.allow(context, policies)
        return result

    iam_evaluator.evaluate = evaluate
