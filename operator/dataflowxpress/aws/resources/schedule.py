"""Schedule: EventBridge Scheduler sends a message to a queue at given times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.resource import Resource, Scope, State, Tags

from .queue import Queue
from .role import Role

# Not `arn_format`, which is for kinds with tags.
ARN_FORMAT = "arn:{partition}:scheduler:{region}:{account}:schedule/default/{name}"
RETRIES = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}  # the maximum
UNBOUNDED = {"StartDate": None, "EndDate": None}


@dataclass(frozen=True, kw_only=True)
class Schedule(Resource):
    """A recurring schedule in the default group; undeliverable messages go to a dead-letter queue.

    AWS has tags for groups of schedules only, so that a schedule has no owner tag.
    """

    service = "scheduler"
    modified = "LastModificationDate"

    description: str
    expression: str
    time_zone: str
    role: Role
    queue: Queue
    message: str
    dead_letters: Queue
    enabled: bool = True

    def desired(self) -> State:
        return {
            "Description": self.description,
            "ScheduleExpression": self.expression,
            "ScheduleExpressionTimezone": self.time_zone,
            "State": "ENABLED" if self.enabled else "DISABLED",
            "FlexibleTimeWindow": Exclusive(Mode="OFF"),
            "ActionAfterCompletion": "NONE",
            **UNBOUNDED,
            "Target": Exclusive(
                Arn=self.queue.arn,
                RoleArn=self.role.arn,
                Input=self.message,
                RetryPolicy=RETRIES,
                DeadLetterConfig={"Arn": self.dead_letters.arn},
            ),
        }

    @classmethod
    def is_derived(cls, scope: Scope, key: Key) -> bool:
        return key == (Names(scope.owner, scope.account).of(),)

    @staticmethod
    def read(scheduler: Any, name: str) -> State:
        have: State = scheduler.get_schedule(Name=name)
        return {"Description": "", **UNBOUNDED, **have}

    def create(self, scheduler: Any, want: State, tags: Tags) -> None:
        scheduler.create_schedule(Name=self.name, **_arguments(want))

    def update(self, scheduler: Any, want: State, changed: frozenset[str]) -> None:
        scheduler.update_schedule(Name=self.name, **_arguments(want))

    @staticmethod
    def delete(scheduler: Any, name: str) -> None:
        scheduler.delete_schedule(Name=name)


def _arguments(want: State) -> dict[str, Any]:
    """Return *want* as API arguments; UpdateSchedule removes what a call leaves out."""
    return {name: value for name, value in want.items() if value is not None}
