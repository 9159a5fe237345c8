"""Queue URLs: what is asked of SQS, and what is remembered."""

from __future__ import annotations

from collections import Counter

from dataflowxpress.aws.queue_urls import QueueUrls


class Sqs:
    """Counts the look-ups of each name."""

    def __init__(self) -> None:
        self.asked = Counter[str]()

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 - of SQS
        self.asked[QueueName] += 1
        return {"QueueUrl": f"https://sqs/{QueueName}"}


def test_a_queue_is_looked_up_once_for_each_client() -> None:
    urls, one, other = QueueUrls(), Sqs(), Sqs()
    assert {urls(sqs, "q") for sqs in (one, one, other)} == {"https://sqs/q"}
    assert (one.asked["q"], other.asked["q"]) == (1, 1)


def test_a_queue_that_was_just_created_is_not_looked_up() -> None:
    urls, sqs = QueueUrls(), Sqs()
    urls.remember(sqs, "q", "https://created")
    assert urls(sqs, "q") == "https://created"
    assert not sqs.asked


def test_more_queues_than_fit_drop_the_oldest() -> None:
    urls, sqs = QueueUrls(most=2), Sqs()
    for name in ("a", "b", "c", "b", "a"):
        urls(sqs, name)
    assert sqs.asked == {"a": 2, "b": 1, "c": 1}


def test_cleared_urls_hold_no_client() -> None:
    urls, sqs = QueueUrls(), Sqs()
    urls(sqs, "q")
    urls.cache_clear()
    urls(sqs, "q")
    assert sqs.asked["q"] == 2
