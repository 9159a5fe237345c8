"""Errors: the exceptions that the operator raises itself.

PipelineError
├── InvalidSpec   the spec cannot work: names the field and the cure; no AWS call is made
├── Refused       what is there is not ours, or cannot be changed: needs a person
├── Missing       AWS does not have a resource of the pipeline (any more)
├── Unfinished    waits for work that must not be cut short
├── Overtaken     somebody else was faster: the next look says whose it is
└── Superseded    the spec changed in the middle of it
"""

from __future__ import annotations


class PipelineError(Exception):
    """Anything that we, not AWS, have to say."""


class InvalidSpec(PipelineError):
    """The spec cannot work."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")


class Refused(PipelineError):
    """What is there is not ours, or cannot be changed."""


class Missing(PipelineError):
    """AWS does not have a resource of the pipeline."""


class Unfinished(PipelineError):
    """It is at something that must not be cut short."""


class Overtaken(PipelineError):
    """Somebody else has done something to it since we looked."""


class Superseded(PipelineError):
    """What is being done is no longer what is asked for."""
