"""Patience: how long a message waits for its function, and when it counts as dead. Pure.

The function gives back what comes while a crawl or a run goes on; SQS counts how often it came.
"""

from __future__ import annotations

import math
from typing import NamedTuple

FUNCTION_TIMEOUT = 60  # seconds
RETRY = 30  # seconds after which a message that came too early returns
BACKOFF_LIMIT = 1000  # what SQS can count
FEWEST_ATTEMPTS = 10


class RedrivePolicy(NamedTuple):
    """What follows from the seconds that a run may take, and those that messages gather."""

    longest_run: int
    window: int

    @property
    def visibility_seconds(self) -> int:
        """For how long a message is the function's alone: six time-outs, as AWS advises.

        See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        """
        return 6 * FUNCTION_TIMEOUT + self.window

    @property
    def retry_seconds(self) -> int:
        """After how many seconds a message that came too early returns."""
        return max(RETRY, math.ceil(self._longest_wait / BACKOFF_LIMIT))

    @property
    def attempts(self) -> int:
        """How often a message returns before it counts as dead."""
        return max(FEWEST_ATTEMPTS, math.ceil(self._longest_wait / self.retry_seconds))

    @property
    def _longest_wait(self) -> float:
        """Half as long again as the longest run, in seconds."""
        return 1.5 * self.longest_run
