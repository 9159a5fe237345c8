"""Log lines: selects the lines of CloudWatch that people read; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# Lambda writes these for each call; a REPORT with a status tells of a time-out or a crash.
PLATFORM = re.compile(
    r"(START|END) RequestId: |INIT_START |REPORT RequestId: (?!.*\bStatus: (timeout|error))",
    re.DOTALL,
)
WARNING = re.compile(r"[^\n]{0,60}\b(INFO|WARN)\b")  # level after the time, as log4j writes it
NUMBER = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")  # counts, times, ids
DURATION = re.compile(r"(?=.)([0-9]+h)?([0-9]+m)?([0-9]+s)?")


def relevant(messages: Iterable[str]) -> Iterator[bool]:
    """Yield for each message, oldest first, whether it is neither Lambda's own nor repeated.

    A warning repeats another if they differ only in numbers.
    """
    seen: set[str] = set()
    for message in messages:
        if PLATFORM.match(message):
            yield False
        elif WARNING.match(message):
            kind = NUMBER.sub("0", message)
            yield kind not in seen
            seen.add(kind)
        else:
            yield True


def seconds(duration: str) -> int:
    """Return the seconds of a duration such as `90s`, `10m` or `1h30m`; raises ValueError."""
    if not (found := DURATION.fullmatch(duration)):
        raise ValueError(f"{duration!r} is no duration: use for example 90s, 10m or 1h30m")
    parts = zip(found.groups(), (3600, 60, 1), strict=True)
    return sum(int(part[:-1]) * unit for part, unit in parts if part)
