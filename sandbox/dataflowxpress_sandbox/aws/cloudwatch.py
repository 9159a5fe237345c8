"""CloudWatch Logs: receives the log lines of the emulated services."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_AT_ONCE = 1000  # events in one call, which keeps it below the limit of 1 MB
_LONGEST_LINE = 1000


class Line(NamedTuple):
    """A log line and its time, in seconds since 1970."""

    at: float
    text: str


def put(logs: Any, group: str, stream: str, lines: Sequence[Line]) -> None:
    """Append *lines* to a log stream; create the group and the stream if they are missing."""
    if not lines:
        return
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [
        {"timestamp": round(at * 1000), "message": text[:_LONGEST_LINE]} for at, text in lines
    ]
    for begin in range(0, len(events), _AT_ONCE):
        some = events[begin : begin + _AT_ONCE]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=some)
