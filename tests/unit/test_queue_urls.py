"""Queue URLs: what is asked of SQS, and what is remembered."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from dataflowxpress.aws.queue_urls import QueueUrls

NAMES = ("a", "b", "c")


class Missing(Exception):
    """The error of SQS for a queue that does not exist."""


class Sqs:
    """Counts the look-ups of each name; the first *together* of them happen at the same time."""

    def __init__(self, *missing: str, together: int = 1) -> None:
        self.asked = Counter[str]()
        self._missing, self._together = missing, threading.Barrier(together)

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 - of SQS
        self.asked[QueueName] += 1
        if QueueName in self._missing:
            if self.asked.total() > 1:
                self._together.wait(timeout=10)
            raise Missing(QueueName)
        return {"QueueUrl": f"https://sqs/account/{QueueName}"}


def test_one_look_up_shows_the_urls_of_all_queues_of_a_client() -> None:
    urls, one, other = QueueUrls(), Sqs(), Sqs()
    found = {urls(sqs, name) for sqs in (one, other) for name in NAMES}
    assert found == {f"https://sqs/account/{name}" for name in NAMES}
    assert (one.asked, other.asked) == ({"a": 1}, {"a": 1})


def test_threads_that_need_urls_at_once_wait_for_one_look_up() -> None:
    urls, sqs = QueueUrls(), Sqs()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: urls(sqs, name), NAMES * 8))
    assert found == [f"https://sqs/account/{name}" for name in NAMES] * 8
    assert sqs.asked.total() == 1


def test_a_missing_queue_raises_the_error_of_aws_and_shows_nothing_of_others() -> None:
    urls, sqs = QueueUrls(), Sqs("a")
    for _ in range(2):
        with pytest.raises(Missing):
            urls(sqs, "a")
    assert urls(sqs, "b") == "https://sqs/account/b"
    assert sqs.asked == {"a": 2, "b": 1}


def test_look_ups_of_missing_queues_do_not_wait_for_each_other() -> None:
    others = len(NAMES) - 1
    urls, sqs = QueueUrls(), Sqs(*NAMES, together=others)
    with ThreadPoolExecutor(len(NAMES)) as pool:
        errors = [each.exception() for each in [pool.submit(urls, sqs, name) for name in NAMES]]
    assert [str(error) for error in errors] == list(NAMES)


def test_a_created_queue_shows_the_urls_of_all_without_a_look_up() -> None:
    urls, sqs = QueueUrls(), Sqs()
    urls.remember(sqs, "q", "https://sqs/account/q")
    assert urls(sqs, "q") == "https://sqs/account/q"
    assert urls(sqs, "other") == "https://sqs/account/other"
    assert not sqs.asked


def test_a_url_of_another_form_shows_nothing_of_other_queues() -> None:
    urls, sqs = QueueUrls(), Sqs()
    urls.remember(sqs, "q", "https://sqs/account/renamed")
    assert urls(sqs, "other") == "https://sqs/account/other"
    assert sqs.asked == {"other": 1}


def test_urls_hold_no_client() -> None:
    urls, sqs = QueueUrls(), Sqs()
    urls(sqs, "q")
    gone = weakref.ref(sqs)
    del sqs
    assert gone() is None


def test_cleared_urls_hold_no_client() -> None:
    urls, sqs = QueueUrls(), Sqs()
    urls(sqs, "q")
    urls.cache_clear()
    urls(sqs, "q")
    assert sqs.asked["q"] == 2
