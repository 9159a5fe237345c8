"""Service: checks schedules as AWS does, and delivers those that are due.

It follows the clock of the emulated AWS, which a test can advance.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ministack.core.responses import request_scope
from ministack.services import scheduler

from dataflowxpress_sandbox.aws.iam import trust
from dataflowxpress_sandbox.aws.iam.roles import record

from . import delivery
from .delivery import DeliveryError
from .expression import Expression, InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflowxpress_sandbox.aws import Aws

logger = logging.getLogger("dataflowxpress.scheduler")

_SECONDS = 0.2  # between two looks; AWS delivers within the minute
_RETRIES = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
_PAUSE = 1.0  # seconds before a repetition
_UNTRUSTED = (
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
)


@dataclass
class _Occurrence:
    """The next delivery of a schedule."""

    schedule: int  # the identity of its record, which an update replaces
    due: datetime | None
    attempts: int = 0
    not_before: float = 0  # seconds since 1970


class Scheduler:
    """Extends ministack's scheduler in this process."""

    def __init__(self, aws: Aws, clock: Callable[[], float]) -> None:
        self._aws, self._clock = aws, clock
        self._next: dict[Any, _Occurrence] = {}
        self._lock = threading.Lock()  # of the occurrences
        self._create, self._update = scheduler._create_schedule, scheduler._update_schedule

    def install(self) -> None:
        """Check schedules, and deliver them in the background."""
        scheduler._create_schedule = lambda name, body: self._checked(self._create, name, body)
        scheduler._update_schedule = lambda name, body: self._checked(self._update, name, body)
        scheduler.start_scheduler = lambda: None  # its deliveries have no role and no time zone
        threading.Thread(target=self._forever, name="scheduler", daemon=True).start()

    def _checked(self, original: Callable[..., Any], name: str, body: dict[str, Any]) -> Any:
        target = body.get("Target") or {}
        try:
            zone = body.get("ScheduleExpressionTimezone", "UTC")
            Expression.parse(body.get("ScheduleExpression", ""), zone)
        except InvalidError as error:
            return scheduler._error(400, "ValidationException", str(error))
        role = target.get("RoleArn", "")
        if not record(role) or not trust.trusts(role, delivery.SERVICE):
            return scheduler._error(400, "ValidationException", _UNTRUSTED)
        retries = {**_RETRIES, **target.get("RetryPolicy", {})}
        response = original(name, {**body, "Target": {**target, "RetryPolicy": retries}})
        with self._lock:  # the first occurrence follows the creation, not the next look
            for key, schedule in dict(scheduler._schedules._data).items():
                self._occurrence(key, schedule, self._clock())
        return response

    def _forever(self) -> None:
        while True:
            time.sleep(_SECONDS)
            try:
                self._look()
            except Exception:
                logger.exception("schedules")

    def _look(self) -> None:
        with self._lock:
            found = dict(scheduler._schedules._data)
            self._next = {key: each for key, each in self._next.items() if key in found}
        for key, schedule in found.items():
            account, region, _ = key
            with request_scope(account, region):
                self._deliver_due(key, schedule)

    def _deliver_due(self, key: Any, schedule: dict[str, Any]) -> None:
        """Deliver all occurrences until now: a test can advance the clock by many."""
        now = self._clock()
        occurrence = self._occurrence(key, schedule, now)
        while occurrence.due and occurrence.due.timestamp() <= now:
            if now < occurrence.not_before:
                return
            if schedule["State"] == "ENABLED" and not self._attempt(schedule, occurrence):
                occurrence.not_before = now + _PAUSE
                return
            occurrence.due = self._following(schedule, occurrence.due)
            occurrence.attempts = 0
        if occurrence.due is None and schedule.get("ActionAfterCompletion") == "DELETE":
            scheduler._schedules._data.pop(key, None)

    def _occurrence(self, key: Any, schedule: dict[str, Any], now: float) -> _Occurrence:
        known = self._next.get(key)
        if known is None or known.schedule != id(schedule):
            start = max(now, scheduler._to_epoch(schedule.get("StartDate")) or 0)
            first = _expression(schedule).first(datetime.fromtimestamp(start, UTC))
            known = _Occurrence(id(schedule), _until_the_end(schedule, first))
            self._next[key] = known
        return known

    @staticmethod
    def _following(schedule: dict[str, Any], due: datetime) -> datetime | None:
        return _until_the_end(schedule, _expression(schedule).after(due))

    def _attempt(self, schedule: dict[str, Any], occurrence: _Occurrence) -> bool:
        """Deliver an occurrence; return whether it is over, also as a dead letter."""
        if occurrence.due is None:
            return True
        occurrence.attempts += 1
        try:
            delivery.deliver(self._aws, schedule, occurrence.due, occurrence.attempts)
        except DeliveryError as error:
            if occurrence.attempts <= schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"]:
                return False
            delivery.bury(self._aws, schedule, occurrence.due, str(error))
        return True


def _expression(schedule: dict[str, Any]) -> Expression:
    return Expression.parse(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])


def _until_the_end(schedule: dict[str, Any], due: datetime | None) -> datetime | None:
    end = scheduler._to_epoch(schedule.get("EndDate"))
    return due if due and (end is None or due.timestamp() <= end) else None
