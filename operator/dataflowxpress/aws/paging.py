"""Paging: the pages of a list call; botocore follows the token of each service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def pages(client: Any, operation: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the answers to *operation*, which is in snake case; each one costs a call."""
    yield from client.get_paginator(operation).paginate(**parameters)
