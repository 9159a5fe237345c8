"""Redrive policy: the retries of a message and the limit before it becomes a dead letter. Pure.

A function returns messages to the queue while a crawl or a run is active. SQS counts each attempt.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dataflowxpress.api.spec.work import Job

HOUR, DAY = 3600, 86_400  # seconds

FUNCTION_TIMEOUT = 60  # seconds
RETRY = 30  # seconds until a returned message is visible again
MAX_RECEIVE_COUNT = 1000  # the maximum of SQS

RETENTION = 14 * DAY  # the maximum of SQS
# A message keeps its age in the dead-letter queue, so it must arrive there with days to spare.
LONGEST_STAY = 10 * DAY

CRAWL = 12 * HOUR  # AWS does not limit the duration of a crawl
SHORTEST = 2 * HOUR  # for quotas of the account, which other jobs can use up
FLEX_QUEUE = 12 * HOUR  # FLEX runs start when Glue has spare capacity


class RedrivePolicy(NamedTuple):
    """The policy of one queue, in seconds.

    A message waits for a crawl or run, for a batching window, and for the interval between starts.
    """

    longest_wait: int
    window: int = 0
    interval: int = 0

    @classmethod
    def for_crawls(cls, window: int = 0) -> RedrivePolicy:
        """Return the policy of messages that wait for a crawl to end."""
        return cls(CRAWL, window)

    @classmethod
    def for_runs(cls, job: Job, window: int = 0) -> RedrivePolicy:
        """Return the policy of messages that wait for a run with all of its retries to end."""
        runs = 60 * job.timeout_minutes * (1 + job.max_retries)
        queued = FLEX_QUEUE if job.execution_class == "FLEX" else 0
        return cls(max(SHORTEST, math.ceil(1.5 * runs)) + queued, window)

    @classmethod
    def for_outcomes(cls) -> RedrivePolicy:
        """Return the policy of messages that wait for nothing."""
        return cls(SHORTEST)

    @property
    def visibility_seconds(self) -> int:
        """The visibility timeout: 6 function timeouts plus the window, as AWS recommends.

        See https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        """
        return 6 * FUNCTION_TIMEOUT + self.window

    @property
    def retry_seconds(self) -> int:
        """The seconds until a returned message is visible again."""
        return max(RETRY, math.ceil(min(self.longest_wait, LONGEST_STAY) / MAX_RECEIVE_COUNT))

    @property
    def attempts(self) -> int:
        """The number of attempts before a message becomes a dead letter."""
        # After two intervals at most, a crawl or run has covered the message.
        longest = (LONGEST_STAY - 2 * self.interval) // self.slowest_attempt
        return min(math.ceil(self.longest_wait / self.retry_seconds), longest, MAX_RECEIVE_COUNT)

    @property
    def slowest_attempt(self) -> int:
        """The seconds between two attempts if the function returns the message, or dies."""
        returned = self.window + FUNCTION_TIMEOUT + self.retry_seconds
        return max(returned, self.visibility_seconds)
