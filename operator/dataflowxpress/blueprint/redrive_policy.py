"""Redrive policy: the retries of a message and the limit before it becomes a dead letter. Pure.

A function returns messages to the queue while a crawl or a run is active. SQS counts each attempt.
"""

from __future__ import annotations

import math
from typing import NamedTuple

FUNCTION_TIMEOUT = 60  # seconds
RETRY = 30  # seconds until a returned message is visible again
MAX_RECEIVE_COUNT = 1000  # the maximum of SQS
FEWEST_ATTEMPTS = 10


class RedrivePolicy(NamedTuple):
    """The policy for the longest run and the batching window, both in seconds."""

    longest_run: int
    window: int

    @property
    def visibility_seconds(self) -> int:
        """The visibility timeout: 6 function timeouts plus the window, as AWS recommends.

        See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        """
        return 6 * FUNCTION_TIMEOUT + self.window

    @property
    def retry_seconds(self) -> int:
        """The seconds until a returned message is visible again."""
        return max(RETRY, math.ceil(self._longest_wait / MAX_RECEIVE_COUNT))

    @property
    def attempts(self) -> int:
        """The number of attempts before a message becomes a dead letter."""
        return max(FEWEST_ATTEMPTS, math.ceil(self._longest_wait / self.retry_seconds))

    @property
    def _longest_wait(self) -> float:
        """1.5 times the longest run, in seconds."""
        return 1.5 * self.longest_run
