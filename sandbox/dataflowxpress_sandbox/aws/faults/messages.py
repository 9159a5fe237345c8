"""Faults of messages: S3 notifications, SQS deliveries to functions, EventBridge events."""

from __future__ import annotations

import contextvars
import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from ministack.core.concurrency import esm_wake
from ministack.services import eventbridge, lambda_svc, s3, sqs

from .fault import Fault, Kind, Moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from .active import Active


class Messages:
    """The message deliveries in this process."""

    def __init__(self, active: Active) -> None:
        self._active = active
        self._held: dict[Fault, list[Callable[[], Any]]] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        """Intercept the message deliveries of ministack."""
        for name in ("sqs", "sns", "lambda"):
            function = f"_deliver_event_to_{name}"
            setattr(s3, function, self._notifying(getattr(s3, function)))
        self._dispatch = eventbridge._dispatch_event
        eventbridge._dispatch_event = self.dispatch
        self._receive = sqs._receive_messages_for_esm
        sqs._receive_messages_for_esm = self.receive

    def _notifying(self, original: Callable[..., None]) -> Callable[..., None]:
        def deliver(arn: str, payload: dict[str, Any], *rest: Any, **named: Any) -> None:
            self.send(_notification(payload), lambda: original(arn, payload, *rest, **named))

        return deliver

    def dispatch(self, event: dict[str, Any], view: Any = None) -> None:
        """Send an event to the targets of the matching rules."""
        moment = Moment(f"event:{event['DetailType']}", _subject(event), "")
        self.send(moment, lambda: self._dispatch(event, view))

    def send(self, moment: Moment, deliver: Callable[[], Any]) -> None:
        """Deliver a message, with the effect of a fault that strikes."""
        fault = self._active.strike(moment)
        kind = fault.kind if fault else None
        if fault and kind == Kind.REORDER:
            self._hold(fault, deliver)
            return
        if fault and kind == Kind.DELAY:
            _later(fault.seconds, deliver)
        elif kind != Kind.DROP:
            deliver()
        if kind == Kind.DOUBLE:
            deliver()
        self._release(moment)

    def _hold(self, fault: Fault, deliver: Callable[[], Any]) -> None:
        """Hold a message until the next one is delivered, for at most `seconds`."""
        once = _once(contextvars.copy_context(), deliver)
        with self._lock:
            self._held.setdefault(fault, []).append(once)
        _later(fault.seconds, once)

    def _release(self, moment: Moment) -> None:
        with self._lock:
            overtaken = [fault for fault in self._held if fault.matches(moment)]
            held = [each for fault in overtaken for each in self._held.pop(fault)]
        for deliver in held:
            deliver()

    def receive(self, queue_url: str, most: int) -> list[dict[str, Any]]:
        """Return the messages that a function receives from a queue now.

        A dropped message returns like that of a crashed function, but after `seconds`.
        """
        if not self._waiting(queue_url):
            return self._receive(queue_url, most)  # type: ignore[no-any-return]
        fault = self._active.strike(self._delivery(queue_url))
        if fault and fault.kind == Kind.REORDER:
            with sqs._queues_lock:
                random.Random(fault.seed).shuffle(sqs._queues[queue_url]["messages"])  # noqa: S311
        batch: list[dict[str, Any]] = self._receive(queue_url, most)
        if fault and fault.kind in {Kind.DROP, Kind.DELAY}:
            _return(batch, fault.seconds)
            return []
        if fault and fault.kind == Kind.DOUBLE:
            # The function's copy keeps its receipt handle; the queue's message becomes visible.
            copies = [dict(message) for message in batch]
            _return(batch, 0)
            return copies
        return batch

    @staticmethod
    def _waiting(queue_url: str) -> bool:
        now = time.time()
        return any(m.get("visible_at", 0) <= now for m in sqs._queues[queue_url]["messages"])

    @staticmethod
    def _delivery(queue_url: str) -> Moment:
        arn = sqs._queues[queue_url]["attributes"]["QueueArn"]
        names = [m["FunctionName"] for m in lambda_svc._esms.values() if m["EventSourceArn"] == arn]
        return Moment(f"delivery:{names[0] if names else ''}", arn, "")


def _notification(payload: dict[str, Any]) -> Moment:
    if "Records" not in payload:  # S3 sends it at configuration
        return Moment("notification:TestEvent", f"arn:aws:s3:::{payload['Bucket']}", "")
    record = payload["Records"][0]
    about = f"{record['s3']['bucket']['arn']}/{record['s3']['object']['key']}"
    return Moment(f"notification:{record['eventName']}", about, "")


def _return(batch: list[dict[str, Any]], seconds: float) -> None:
    for message in batch:
        message["visible_at"] = time.time() + seconds
    _later(seconds, esm_wake.set)


def _once(context: contextvars.Context, deliver: Callable[[], Any]) -> Callable[[], None]:
    """Return a function that calls `deliver` in *context* once."""
    waiting = [deliver]
    lock = threading.Lock()

    def act() -> None:
        with lock:
            due, waiting[:] = list(waiting), []
        for each in due:
            context.run(each)

    return act


def _later(seconds: float, act: Callable[[], Any]) -> None:
    # Context variables hold the account and region of the sender.
    timer = threading.Timer(seconds, contextvars.copy_context().run, [act])
    timer.daemon = True
    timer.start()


def _subject(event: dict[str, Any]) -> str:
    """Return the ARN of the resource of an event; Glue names it only in the detail."""
    detail = json.loads(event["Detail"])
    for field, kind in (("jobName", "job"), ("crawlerName", "crawler")):
        if field in detail:
            return f"arn:aws:glue:{event['Region']}:{event['Account']}:{kind}/{detail[field]}"
    return next(iter(event.get("Resources") or ()), "*")
