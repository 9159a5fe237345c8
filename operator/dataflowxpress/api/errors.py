"""Errors: the exceptions that this package raises itself.

Error                   the base of all
├── Failure             a command or a call cannot do its work: what, why, fix, and a page
│   ├── Incomplete      `apply` or `delete` ended before its work was done: carries the status
│   ├── RecordChanged   another command changes the pipeline at the same time
│   └── PlanChanged     the plan is not the approved one any more
└── PipelineError
    ├── InvalidSpec     the spec has mistakes: names each field and its fix, before any call to AWS
    ├── Refused         the resource belongs to another owner, or cannot change: needs a person
    ├── Missing         AWS does not have a resource of the pipeline
    ├── Unfinished      the resource is in the middle of work that must not be interrupted
    ├── NotVisible      AWS does not apply a change everywhere yet: the next try can succeed
    ├── Overtaken       another program changed the resource first
    └── Superseded      the spec changed during the reconciliation
"""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 900  # characters of a message; an Event has room for 1,024


class Error(Exception):
    """The base of all errors that this package raises itself."""


class Failure(Error):
    """A command or a call cannot do its work: what is wrong, what to do, why, and a page."""

    def __init__(self, what: str, fix: str = "", *, why: str = "", page: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.fix, self.page = what, why, fix, page

    def __str__(self) -> str:
        """Return the lines of the message."""
        details = {"Why": self.why, "Fix": self.fix, "See": self.page}
        lines = [f"  {name}: {text}" for name, text in details.items() if text]
        return "\n".join([self.what, *lines])


class PipelineError(Error):
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


def listed(mistakes: Sequence[str], where: str = "") -> str:
    """Return one mistake in a line, or several below their number."""
    if len(mistakes) == 1:
        return f"{where}{mistakes[0]}"
    return "\n  ".join([f"{where}{len(mistakes)} mistakes:", *mistakes])


def _joined(mistakes: tuple[str, ...]) -> str:
    text, *rest = mistakes
    for number, mistake in enumerate(rest):
        if len(text) + len(mistake) > LONGEST:
            return f"{text}; and {len(rest) - number} more"
        text = f"{text}; {mistake}"
    return text
