"""CloudWatch Logs: where what services of the sandbox have to say is put, as AWS's own do."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_AT_ONCE = 1000  # of PutLogEvents' limit of 10,000, for its other limit of 1 MB
_LONGEST_LINE = 1000


class Line(NamedTuple):
    """Something said, and when, in seconds since 1970."""

    at: float
    text: str


def put(logs: Any, group: str, stream: str, lines: Sequence[Line]) -> None:
    """Append *lines* to a stream with a client of whoever says them; make what is not there."""
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
