"""Events: Kubernetes Events about a pipeline."""

from __future__ import annotations

from typing import NamedTuple

from .reasons import Reason


class Event(NamedTuple):
    """An Event, as `kubectl describe` shows it."""

    type: str  # Normal or Warning
    reason: Reason
    message: str
