"""Fault: its kind, its targets and its frequency."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MESSAGES = ("notification", "delivery", "event")
_READS = ("Get", "List", "Describe", "Head", "BatchGet")


class Kind(StrEnum):
    """The effect on a message or a call."""

    DROP = "drop"  # the message is lost
    DOUBLE = "double"  # the message is delivered twice
    REORDER = "reorder"  # the message is delivered after the next one
    DELAY = "delay"  # a message or a call is delayed by `seconds`
    THROTTLE = "throttle"  # the call is rejected with a throttling error
    LIMIT = "limit"  # so are the calls beyond `per_second`, together and by all callers
    FAIL = "fail"  # the call has no effect and returns `error`
    LOSE = "lose"  # the call has its effect, but returns `error`
    PROPAGATE = "propagate"  # a call cannot use a role or queue that is younger than `seconds`
    LAG = "lag"  # a read returns the previous response, up to `seconds` old
    KILL = "kill"  # the calling process is killed, and the call has no effect
    KILL_AFTER = "kill-after"  # the call has its effect, then the calling process is killed


_OF_MESSAGES = {Kind.DROP, Kind.DOUBLE, Kind.REORDER, Kind.DELAY}
_OF_CALLS = set(Kind) - (_OF_MESSAGES - {Kind.DELAY})


class Moment(NamedTuple):
    """A message or a call that a fault can strike."""

    on: str  # `service:Operation`, or the kind of a message
    resource: str  # an ARN, or *
    caller: str  # an ARN; empty for a message

    @property
    def is_read(self) -> bool:
        """Whether it is a call that only reads."""
        return self.on.partition(":")[2].startswith(_READS)


class Fault(BaseModel):
    """A fault. `on`, `resource` and `caller` are patterns with `*`, `?` and `[...]`.

    `on` names calls like IAM policies (`glue:StartJobRun`, `s3:*`), and messages by their path:
    `notification:ObjectCreated:Put` from S3, `delivery:<function>` from a queue to a Lambda,
    `event:<detail type>` from EventBridge to the targets of its rules.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    on: str = Field(pattern=r"^[a-z0-9-]+:.+$")
    resource: str = "*"
    caller: str = "*"
    rate: float = Field(default=1.0, gt=0, le=1)  # of the matches
    after: int = Field(default=0, ge=0)  # matches to skip first
    times: int | None = Field(default=None, ge=1)  # maximum number of strikes
    seconds: float = Field(default=5.0, ge=0, le=900)
    per_second: float = Field(default=10.0, gt=0)  # calls that `limit` lets pass, and as a burst
    error: str = "InternalError"  # code that `fail` and `lose` return; AWS clients retry this one
    message: str = "injected fault"  # message that `fail` and `lose` return
    seed: int = 0  # of the random choice by `rate`

    @model_validator(mode="after")
    def _kind_fits_target(self) -> Self:
        target = self.on.partition(":")[0]
        possible = _OF_MESSAGES if target in MESSAGES else _OF_CALLS
        if self.kind not in possible:
            subject = f"a {target}" if target in MESSAGES else "a call"
            kinds = ", ".join(sorted(possible))
            raise ValueError(f"{self.kind} does not apply to {subject}; use one of {kinds}")
        return self

    def matches(self, moment: Moment) -> bool:
        """Return whether the fault can strike at this moment."""
        return (
            (moment.is_read or self.kind != Kind.LAG)
            and fnmatchcase(moment.on, self.on)
            and fnmatchcase(moment.resource, self.resource)
            and (self.caller == "*" or fnmatchcase(moment.caller, self.caller))
        )
