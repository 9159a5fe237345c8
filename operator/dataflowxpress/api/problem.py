"""Problem: a classified error; each error is classified once, where it is caught."""

from __future__ import annotations

from typing import NamedTuple

from .reasons import Reason


class Problem(NamedTuple):
    """An error as conditions, Events and messages report it."""

    reason: Reason
    message: str
    needs_person: bool = False
