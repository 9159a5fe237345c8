"""Notifications: the topic and the mails about runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .formats import Email, TopicName
from .model import SpecModel

Outcome = Literal["Succeeded", "Failed"]


class Topic(SpecModel):
    """The SNS topic for notifications."""

    name: TopicName | None = None
    """The topic's name. Default: derived from namespace and name."""


class Notifications(SpecModel):
    """Email notification settings."""

    emails: Annotated[tuple[Email, ...], Field(max_length=50)] = ()
    """Addresses that get a mail for each run. AWS asks each of them to confirm once."""

    outcomes: Annotated[tuple[Outcome, ...], Field(max_length=2)] = ("Succeeded", "Failed")
    """The outcomes that the pipeline reports: `Succeeded`, `Failed`. Default: both."""
