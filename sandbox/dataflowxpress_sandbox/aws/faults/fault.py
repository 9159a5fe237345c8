"""Fault: what goes wrong, where, and how often."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MESSAGES = ("notification", "delivery", "event")
_READS = ("Get", "List", "Describe", "Head", "BatchGet")


class Kind(StrEnum):
    """What happens to a message or to a call."""

    DROP = "drop"  # nobody gets the message
    DOUBLE = "double"  # it comes twice
    REORDER = "reorder"  # the next one overtakes it
    DELAY = "delay"  # a message or a call takes `seconds` longer
    THROTTLE = "throttle"  # the call is refused, as one too many
    FAIL = "fail"  # the call is not done; the answer is `error`
    LOSE = "lose"  # the call is done, but the answer is `error`
    LAG = "lag"  # the read is answered as before, for `seconds` after a true answer
    KILL = "kill"  # the process that calls is killed, and the call is not done
    KILL_AFTER = "kill-after"  # the call is done, then the process that called is killed


_OF_MESSAGES = {Kind.DROP, Kind.DOUBLE, Kind.REORDER, Kind.DELAY}
_OF_CALLS = set(Kind) - (_OF_MESSAGES - {Kind.DELAY})


class Moment(NamedTuple):
    """Something that is about to happen, and that faults may strike."""

    on: str  # `service:Operation`, or what kind of message it is
    resource: str  # an ARN, or *
    caller: str  # an ARN, or nothing for a message

    @property
    def is_read(self) -> bool:
        """Whether it is a call that changes nothing."""
        return self.on.partition(":")[2].startswith(_READS)


class Fault(BaseModel):
    """A fault. `on`, `resource` and `caller` are patterns with `*`, `?` and `[...]`.

    `on` names calls as IAM policies do (`glue:StartJobRun`, `s3:*`), and messages by their way:
    `notification:ObjectCreated:Put` from S3, `delivery:<function>` from a queue to a Lambda,
    `event:<detail type>` from EventBridge to the targets of its rules.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    on: str = Field(pattern=r"^[a-z0-9-]+:.+$")
    resource: str = "*"
    caller: str = "*"
    rate: float = Field(default=1.0, gt=0, le=1)  # of what matches
    after: int = Field(default=0, ge=0)  # matches that are spared first
    times: int | None = Field(default=None, ge=1)  # strikes at most
    seconds: float = Field(default=5.0, ge=0, le=900)
    error: str = "InternalError"  # what `fail` and `lose` answer; AWS' clients retry this one
    message: str = "a fault of the sandbox"  # what `fail` and `lose` say with it
    seed: int = 0  # of the choice that `rate` leaves open

    @model_validator(mode="after")
    def _kind_fits_place(self) -> Self:
        place = self.on.partition(":")[0]
        possible = _OF_MESSAGES if place in MESSAGES else _OF_CALLS
        if self.kind not in possible:
            what = f"a {place}" if place in MESSAGES else "a call"
            raise ValueError(f"{what} can be subject to {', '.join(sorted(possible))} only")
        return self

    def matches(self, moment: Moment) -> bool:
        """Whether it may strike then."""
        return (
            (moment.is_read or self.kind != Kind.LAG)
            and fnmatchcase(moment.on, self.on)
            and fnmatchcase(moment.resource, self.resource)
            and (self.caller == "*" or fnmatchcase(moment.caller, self.caller))
        )
