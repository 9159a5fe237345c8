"""Errors: the exceptions that the operator raises itself.

PipelineError
├── InvalidSpec   the spec has mistakes: names each field and its fix, before any call to AWS
├── Refused       the resource belongs to another owner, or cannot change: needs a person
├── Missing       AWS does not have a resource of the pipeline
├── Unfinished    the resource is in the middle of work that must not be interrupted
├── NotVisible    AWS does not apply a change everywhere yet: the next try can succeed
├── Overtaken     another program changed the resource first: the next comparison finds its owner
└── Superseded    the spec changed during the reconciliation
"""

from __future__ import annotations

LONGEST = 900  # characters of a message; an Event has room for 1,024


class PipelineError(Exception):
    """An error that the operator finds itself; an error of AWS is a ClientError."""


class InvalidSpec(PipelineError):
    """The spec has mistakes; each of *mistakes* names the field, its value and the fix.

    As text, mistakes after the first are left out beyond 900 characters, and counted.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__(_joined(mistakes))
        self.mistakes = mistakes


class Refused(PipelineError):
    """The resource belongs to another owner, or cannot change."""


class Missing(PipelineError):
    """AWS does not have a resource of the pipeline."""


class Unfinished(PipelineError):
    """The resource is in the middle of work that must not be interrupted."""


class NotVisible(PipelineError):
    """AWS does not apply the last change everywhere yet."""


class Overtaken(PipelineError):
    """Another program changed the resource after the operator read it."""


class Superseded(PipelineError):
    """The spec changed during the reconciliation."""


def _joined(mistakes: tuple[str, ...]) -> str:
    text, *rest = mistakes
    for number, mistake in enumerate(rest):
        if len(text) + len(mistake) > LONGEST:
            return f"{text}; and {len(rest) - number} more"
        text = f"{text}; {mistake}"
    return text
