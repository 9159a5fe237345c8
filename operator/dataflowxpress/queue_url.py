"""Queue URL: SQS's handle for a queue, looked up once since AWS never changes it."""

from __future__ import annotations

import functools
from typing import Any


@functools.lru_cache(maxsize=16_384)
def queue_url(sqs: Any, name: str) -> str:
    """Return the URL of the queue in the client's account; AWS's error where there is none."""
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
