"""Retry clock: the rate of throttled calls does not depend on the wall clock."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import CapacityNotAvailableError
from botocore.retries.bucket import Clock, TokenBucket

from dataflowxpress.aws import retry_clock


def test_a_throttled_client_goes_on_when_the_wall_clock_steps_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retry_clock.use_monotonic()
    bucket = TokenBucket(1000, Clock())
    monkeypatch.setattr(time, "time", lambda: 0.0)  # some fifty years back
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            bucket.acquire(1, block=False)
        except CapacityNotAvailableError:
            continue
        return
    pytest.fail("no token in 2 s at a rate of 1000 per second")
