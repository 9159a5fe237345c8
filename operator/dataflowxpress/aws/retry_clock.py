"""Retry clock: lets botocore's adaptive retries measure time by a clock that does not step."""

from __future__ import annotations

import time

from botocore.retries import bucket


def use_monotonic() -> None:
    """Replace the wall clock of the client-side rate limiter.

    If the wall clock steps back by an hour, its token bucket loses the tokens of an hour: every
    call of a throttled client blocks until then. botocore has no setting for it.
    """
    setattr(bucket.Clock, "current_time", lambda _: time.monotonic())  # noqa: B010 - not for mypy
