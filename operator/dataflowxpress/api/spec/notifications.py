"""Notifications: who hears of what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .model import SpecModel

_PART = "[!-?A-~]+"  # visible ASCII but for @, which every kind of pattern reads alike
Email = Annotated[str, Field(pattern=rf"^{_PART}@{_PART}\.{_PART}$", max_length=320)]
Outcome = Literal["Succeeded", "Failed"]


class Topic(SpecModel):
    """The SNS topic on which the pipeline says what happened."""

    name: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=256)] = None
    """The topic's name. Left out: derived from namespace and name."""


class Notifications(SpecModel):
    """Who hears of what."""

    emails: Annotated[tuple[Email, ...], Field(max_length=50)] = ()
    """Addresses that get a mail for each run. AWS asks each of them to confirm once."""

    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=2)] = ("Succeeded", "Failed")
    """Which outcomes are told: `Succeeded`, `Failed`. Left out: both."""
