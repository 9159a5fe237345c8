"""Faults of calls: requests are rejected, delayed or answered with old data, or kill the caller."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region

from dataflowxpress_sandbox.aws.iam.request import Request

from . import caller
from .fault import Fault, Kind, Moment
from .past import Past
from .propagation import Propagation

if TYPE_CHECKING:
    from .active import Active

Answer = tuple[int, dict[str, str], Any]

client_port: ContextVar[int] = ContextVar("client_port", default=0)  # of the current request

_THROTTLED = {"s3": ("SlowDown", 503), "glue": ("ThrottlingException", 400)}
# All other errors are client errors.
_RETRIED = {"InternalError": 500, "InternalServiceException": 500}


class Calls:
    """The API calls to this process."""

    def __init__(self, active: Active) -> None:
        self._active = active
        self._past, self._propagation = Past(), Propagation()
        self._original = app._dispatch_service_request

    def install(self) -> None:
        """Intercept the requests to ministack before it checks permissions."""
        app._dispatch_service_request = self.dispatch

    async def dispatch(self, *request: Any) -> Answer:
        """Handle a request, with the effect of a fault that strikes."""
        if self._active.is_empty:
            self._past.forget()
            return await self._original(*request)  # type: ignore[no-any-return]
        moment = _moment(*request)
        fault = self._active.strike(moment, lambda fault: self._able(fault, moment, request))
        if fault and (replacement := await self._replacement(fault, moment, request)):
            return replacement
        answer: Answer = await self._original(*request)
        if fault and fault.kind == Kind.LOSE:
            return _error(request, fault.error, fault.message)
        if fault and fault.kind == Kind.KILL_AFTER:
            await asyncio.to_thread(caller.kill, client_port.get())
        if self._active.expects(Kind.LAG, moment):
            self._past.remember(moment.caller, request, answer)
        return answer

    def _able(self, fault: Fault, moment: Moment, request: Any) -> bool:
        match fault.kind:
            case Kind.LAG:
                return self._past.has(moment.caller, request, fault.seconds)
            case Kind.PROPAGATE:
                return self._propagation.affects(moment.on, _parsed(request), fault.seconds)
        return True

    async def _replacement(self, fault: Fault, moment: Moment, request: Any) -> Answer | None:
        """Return the response that replaces the call, or None if the call proceeds."""
        match fault.kind:
            case Kind.FAIL:
                return _error(request, fault.error, fault.message)
            case Kind.THROTTLE | Kind.LIMIT:
                code, status = _THROTTLED.get(_service(request), ("Throttling", 400))
                return _error(request, code, "Rate exceeded", status)
            case Kind.PROPAGATE:
                return _error(request, *self._propagation.answer(moment.on, _parsed(request)))
            case Kind.KILL:
                await asyncio.to_thread(caller.kill, client_port.get())
                return _error(request, "ServiceUnavailable", fault.message, 503)
            case Kind.LAG:
                return self._past.recall(moment.caller, request)
            case Kind.DELAY:
                await asyncio.sleep(fault.seconds)
        return None


def _moment(*request: Any) -> Moment:
    parsed = _parsed(request)
    action = iam_actions.extract_iam_action(*parsed[:6]) or f"{parsed.service}:{parsed.method}"
    resource = iam_actions.extract_resource_arn(*parsed)
    query = request[4]
    return Moment(action, resource, iam_evaluator.request_caller_arn(parsed.headers, query))


def _parsed(request: Any) -> Request:
    method, path, headers, body, query = request[:5]
    params = app._routing_params(method, path, headers, body, query)
    service = _service(request)
    return Request(service, method, path, headers, body, params, get_region(), get_account_id())


def _service(request: Any) -> str:
    method, path, headers, body, query = request[:5]
    params = app._routing_params(method, path, headers, body, query)
    service: str = app.detect_service(method, path, headers, params)
    return service


def _error(request: Any, code: str, message: str, status: int = 0) -> Answer:
    """Return an error in the protocol of the service."""
    _, headers, body = iam_actions.access_denied_response(
        _service(request),
        "",
        "",
        request[5],
        error_code=code,
        message=message,
        headers=request[2],
    )
    return status or _RETRIED.get(code, 400), headers, body
