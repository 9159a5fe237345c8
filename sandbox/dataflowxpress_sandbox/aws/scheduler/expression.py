"""Expression: when a schedule is due, in its time zone. Pure.

As on AWS, an occurrence in an hour that does not exist is skipped, and one in an hour that comes
twice happens once.
See https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ministack.services import eventbridge

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_NO_RATE = 0


class InvalidError(Exception):
    """The expression or the time zone is invalid; the message is that of AWS."""


@dataclass(frozen=True)
class Expression:
    """A parsed schedule expression."""

    zone: ZoneInfo
    rate: int  # seconds, or 0
    at: datetime | None
    cron: Any  # the fields, or None

    @classmethod
    def parse(cls, text: str, zone: str) -> Expression:
        """Return the expression; raises InvalidError."""
        try:
            place = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidError(f"Provided timezone {zone} is not valid.") from None
        once = _AT.fullmatch(text)
        moment = datetime.fromisoformat(once[1]).replace(tzinfo=place) if once else None
        rate = eventbridge._parse_rate_seconds(text) or _NO_RATE
        cron = eventbridge._parse_cron_fields(text)
        if not (moment or rate or cron):
            raise InvalidError(f"Invalid Schedule Expression {text}.")
        return cls(place, rate, moment, cron)

    def first(self, created: datetime) -> datetime | None:
        """Return the first occurrence: a rate begins at once."""
        if self.rate:
            return created
        return self.at.astimezone(UTC) if self.at else self.after(created)

    def after(self, moment: datetime) -> datetime | None:
        """Return the next occurrence after *moment*, or None if there is none."""
        if self.rate:
            return moment + timedelta(seconds=self.rate)
        return self._next(moment) if self.cron else None

    def _next(self, moment: datetime) -> datetime | None:
        """Return the next occurrence of a cron expression, which is evaluated in local time."""
        local: datetime | None = moment.astimezone(self.zone).replace(tzinfo=UTC)
        while local := eventbridge._cron_next_fire(self.cron, local):
            wall = local.replace(tzinfo=None)
            found: datetime = wall.replace(tzinfo=self.zone).astimezone(UTC)
            exists = found.astimezone(self.zone).replace(tzinfo=None) == wall
            if exists and found > moment:  # of an hour that comes twice, the first one counts
                return found
        return None
