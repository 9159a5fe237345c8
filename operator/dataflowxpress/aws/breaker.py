"""Circuit breaker: calls to a service that does not answer fail at once, for a while.

Without it, each comparison of each pipeline in an account waits for all timeouts of all calls, and
the pipelines of one unreachable account hold all workers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import HTTPClientError
from botocore.session import Session

from .error_classes import ErrorClass
from .errors import classify

ATTEMPTS = 4  # in a row without an answer, by all pipelines of an account and region
PAUSE = 30.0  # seconds between single calls that find out whether the service answers again


class ServiceUnreachable(HTTPClientError):
    """The last calls to the service had no answer, so the operator did not send this one."""

    fmt = "{service} does not answer; the operator tries again every {seconds:.0f} s"


@dataclass
class Circuit:
    """The state of one service in one account and region."""

    unanswered: int = 0
    retry_at: float = 0


@dataclass
class Breaker:
    """Observes the answers to all clients of one session, which has one role and region."""

    clock: Callable[[], float] = time.monotonic
    _circuits: dict[str, Circuit] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def protect(self, session: Session) -> None:
        """Protect the clients that *session* creates."""
        session.register("before-call", self._check)
        session.register("response-received", self._record)

    def _check(self, **event: Any) -> None:
        service = _service(event)
        with self._lock:
            circuit, now = self._circuit(service), self.clock()
            if circuit.unanswered < ATTEMPTS:
                return
            if now < circuit.retry_at:
                raise ServiceUnreachable(service=service, seconds=PAUSE)
            circuit.retry_at = now + PAUSE  # for all callers but this one

    def _record(self, **event: Any) -> None:
        with self._lock:
            circuit, error = self._circuit(_service(event)), event["exception"]
            if error is None or classify(error) is not ErrorClass.UNREACHABLE:
                circuit.unanswered = 0
                return
            circuit.unanswered += 1
            if circuit.unanswered == ATTEMPTS:
                circuit.retry_at = self.clock() + PAUSE

    def _circuit(self, service: str) -> Circuit:
        return self._circuits.setdefault(service, Circuit())


def _service(event: Any) -> str:
    """Return the service of an event such as `before-call.glue.GetCrawler`."""
    return str(event["event_name"].split(".")[1])
