"""Schedules: times at which a run starts, in the syntax of EventBridge Scheduler.

See https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import difflib
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from .formats import Format

_STEP = "(/[1-9][0-9]?)?"


def _entries(value: str, others: str = "") -> str:
    """Return the pattern of a cron field: all values, or a list of values, ranges and *others*."""
    entry = rf"({value}(-{value})?{_STEP}{others and '|'}{others})"
    return rf"(\*{_STEP}|{entry}(,{entry})*)"


_MINUTE = _entries("[0-5]?[0-9]")
_HOUR = _entries("([01]?[0-9]|2[0-3])")
_DAY = "(0?[1-9]|[12][0-9]|3[01])"
_DAY_OF_MONTH = _entries(_DAY, f"LW?|{_DAY}W")
_MONTH = _entries("(0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)")
_WEEKDAY = "([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
_DAY_OF_WEEK = _entries(_WEEKDAY, rf"L|{_WEEKDAY}(L|#[1-5])")
_YEAR = _entries("(19[7-9][0-9]|2[01][0-9][0-9])")
_DAYS = rf"({_DAY_OF_MONTH} {_MONTH} \?|\? {_MONTH} {_DAY_OF_WEEK})"

ScheduleExpression = Annotated[
    str,
    Field(max_length=256),
    Format(
        r"^(rate\([1-9][0-9]{0,5} (minutes?|hours?|days?)\)"
        rf"|cron\({_MINUTE} {_HOUR} {_DAYS} {_YEAR}\))$",
        "rate(1 hour) or cron(minutes hours day-of-month month day-of-week year) with ? for one of"
        " the two days, like cron(0 6 * * ? *)",
        r"A-Za-z0-9 ()*?/,#-",
    ),
]


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _existing(name: str) -> str:
    """Return the name of a time zone; the error for others names those that are most like it."""
    known = _time_zones()
    if name in known:
        return name
    by_lower_case = {each.lower(): each for each in sorted(known)}
    near = difflib.get_close_matches(name.lower(), by_lower_case, 3, 0.6)
    named = " or ".join(by_lower_case[each] for each in near) or "Europe/Berlin or UTC"
    words = {
        "fault": "is not in the IANA time zone database",
        "fix": f"use a name of it, like {named}",
    }
    raise PydanticCustomError("format", "{fault}; {fix}", words)


TimeZone = Annotated[
    str,
    Field(max_length=50),
    Format(
        r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
        "a name of the IANA time zone database, like Europe/Berlin or UTC",
        "A-Za-z0-9_+/-",
    ),
    AfterValidator(_existing),
]
