"""Redrive policy: slow work fills no dead-letter queue, and no message expires unseen."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import EventSource, Queue
from dataflowxpress.blueprint import blueprint

from .conftest import SCOPE, settings_of

HOUR, DAY = 3600, 86_400
LIMITS = {"maxReceiveCount": 1000, "MessageRetentionPeriod": 14 * DAY, "VisibilityTimeout": 43_200}
TO_REACT = 3 * DAY  # for people, before a dead letter expires

SPECS = [
    {
        "job": {"timeoutMinutes": minutes, "maxRetries": retries, "executionClass": kind},
        "trigger": {"batchWindowSeconds": window, "minIntervalSeconds": interval},
    }
    for minutes, retries, kind, window, interval in product(
        (1, 60, 2880), (0, 10), ("STANDARD", "FLEX"), (0, 20, 300), (0, 86_400)
    )
]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=str)


def feeds(spec: dict[str, Any]) -> dict[str, EventSource]:
    """Return the mapping of each queue, by the last word of the queue's name."""
    wanted = blueprint(DataPipelineSpec.model_validate(spec), SCOPE)
    found = [each for each in wanted if isinstance(each, EventSource)]
    return {each.queue.name.removeprefix("demo-orders-"): each for each in found}


def retry(feed: EventSource) -> int:
    return int(settings_of(feed.function)["RETRY_SECONDS"])


def waits(feed: EventSource) -> int:
    """Return the seconds for which a function can return a message."""
    return int(retry(feed) * feed.queue.attempts)


def longest_stay(feed: EventSource) -> int:
    """Return the seconds after which a message leaves the queue at the latest.

    A function that runs until its timeout returns the message, or dies with it each time.
    """
    returned = feed.window_seconds + feed.function.timeout + retry(feed)
    intervals = 2 * int(settings_of(feed.function).get("MIN_INTERVAL_SECONDS", 0))
    return int(max(returned, feed.queue.visibility_seconds) * feed.queue.attempts) + intervals


@every_spec
def test_what_waits_for_a_crawl_waits_for_half_a_day(spec: dict[str, Any]) -> None:
    assert waits(feeds(spec)["crawl-requests"]) >= 12 * HOUR
    assert waits(feeds({**spec, "crawler": {"when": "Always"}})["uploads"]) >= 12 * HOUR


@every_spec
@pytest.mark.parametrize("queue", ["uploads", "crawls"])
def test_what_waits_for_a_run_waits_for_all_its_retries_and_for_spare_capacity(
    spec: dict[str, Any], queue: str
) -> None:
    job = spec["job"]
    runs = job["timeoutMinutes"] * 60 * (1 + job["maxRetries"])
    queued = 12 * HOUR if job["executionClass"] == "FLEX" else 0
    assert waits(feeds(spec)[queue]) >= min(1.5 * runs + queued, 5 * DAY)


@every_spec
def test_quotas_of_the_account_make_no_dead_letters_for_two_hours(spec: dict[str, Any]) -> None:
    assert min(map(waits, feeds(spec).values())) >= 2 * HOUR


@every_spec
def test_a_message_becomes_a_dead_letter_days_before_it_expires(spec: dict[str, Any]) -> None:
    for name, feed in feeds(spec).items():
        dead = feed.queue.dead_letters
        assert isinstance(dead, Queue)
        # The age of a message includes its time in the first queue.
        assert longest_stay(feed) + TO_REACT <= dead.retention_seconds, name
        assert longest_stay(feed) <= feed.queue.retention_seconds, name


@every_spec
def test_sqs_accepts_every_attribute(spec: dict[str, Any]) -> None:
    for feed in feeds(spec).values():
        want = feed.queue.desired()
        given = {**want, "maxReceiveCount": want["RedrivePolicy"]["maxReceiveCount"]}
        for name, most in LIMITS.items():
            assert 1 <= int(given[name]) <= most, name
        assert retry(feed) <= LIMITS["VisibilityTimeout"]


def test_work_without_a_wait_is_taken_up_after_half_a_minute() -> None:
    found = feeds({})
    assert (retry(found["crawls"]), retry(found["outcomes"])) == (30, 30)
    assert retry(found["uploads"]) <= 60
