"""Fresh clients: what a process keeps of AWS, forgotten as in a new process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from dataflowxpress.aws import clients
from dataflowxpress.aws.queue_urls import queue_url


def forget_clients() -> None:
    """Forget clients, URLs of queues and circuit breakers, which a failure may have opened."""
    for cached in (clients.clients, queue_url, clients.breaker_of):
        cached.cache_clear()


@contextmanager
def fresh_clients(patched: pytest.MonkeyPatch, environment: Mapping[str, str]) -> Iterator[None]:
    """Have clients read *environment*; take none from another test, and leave none behind.

    *patched* must outlive the block, and is what the block itself patches the environment with.
    """
    for name, value in environment.items():
        patched.setenv(name, value)
    forget_clients()
    yield
    forget_clients()
