"""Events: what has happened to a pipeline."""

from __future__ import annotations

from typing import NamedTuple

from .reasons import Reason


class Event(NamedTuple):
    """Something that has happened, for `kubectl describe`."""

    type: str  # Normal or Warning
    reason: Reason
    message: str
