"""Timestamps: RFC 3339 in UTC, as the Kubernetes API writes times."""

from __future__ import annotations

from datetime import UTC, datetime

TIME = "%Y-%m-%dT%H:%M:%SZ"  # metav1.Time
MICRO_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"  # metav1.MicroTime
COMPACT = "%Y%m%dT%H%M%S"  # without punctuation, for names


def format_time(moment: datetime | float, layout: str = TIME) -> str:
    """Format an aware datetime, or seconds since the epoch."""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    moment = moment.astimezone(UTC)
    if layout == TIME:  # for each of a million objects; `strftime` takes four times as long
        return f"{moment.isoformat(timespec='seconds')[:-6]}Z"
    return moment.strftime(layout)


def format_now(layout: str = TIME) -> str:
    """Format the current time."""
    return format_time(datetime.now(UTC), layout)


def parse_time(text: str) -> datetime:
    """Parse a time that `format_time` has written; raises ValueError for other text."""
    return datetime.fromisoformat(text).astimezone(UTC)
