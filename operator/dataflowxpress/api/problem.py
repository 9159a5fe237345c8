"""Problem: why something failed, classified once, where the error is caught."""

from __future__ import annotations

from typing import NamedTuple

from .reasons import Reason


class Problem(NamedTuple):
    """What conditions, Events and messages need to know of an error."""

    reason: Reason
    message: str
    needs_person: bool = False
