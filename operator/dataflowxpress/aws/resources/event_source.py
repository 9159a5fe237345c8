"""Event source mapping: hands the messages of a queue to a function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.resource import Resource, State, Tags

from .function import Function
from .queue import Queue

LARGEST_BATCH_AT_ONCE = 10
ON, OFF = "Enabled", "Disabled"
STATES = {"Creating": ON, "Enabling": ON, "Updating": ON, "Disabling": OFF}  # where they lead


@dataclass(frozen=True, kw_only=True)
class EventSource(Resource):
    """A mapping that takes back the messages which its function names as failed.

    AWS finds it by a UUID of its own choice; there is one at most per function and queue.
    """

    service = "lambda"

    function: Function
    queue: Queue
    batch_size: int = 10
    window_seconds: int = 0  # how long to gather; larger batches need a second at least
    maximum_concurrency: int | None = None
    enabled: bool = True

    @property
    def key(self) -> Key:
        """The function, and where its messages are from."""
        return (self.function.name, self.queue.arn)

    @staticmethod
    def parent(function: str, queue: str) -> Id:
        return Id("Function", (function,))

    def desired(self) -> State:
        window = max(self.window_seconds, int(self.batch_size > LARGEST_BATCH_AT_ONCE))
        most = self.maximum_concurrency
        return {
            "BatchSize": self.batch_size,
            "MaximumBatchingWindowInSeconds": window,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": Exclusive(MaximumConcurrency=most) if most else Exclusive(),
            "State": ON if self.enabled else OFF,
        }

    @staticmethod
    def read(lambda_: Any, function: str, queue: str) -> State | None:
        answer = lambda_.list_event_source_mappings(FunctionName=function, EventSourceArn=queue)
        found = (each for each in answer["EventSourceMappings"] if each["State"] != "Deleting")
        mapping = next(found, None)
        return mapping and {
            "ScalingConfig": {},
            **mapping,
            "State": STATES.get(mapping["State"], mapping["State"]),
        }

    def create(self, lambda_: Any, want: State, tags: Tags) -> None:
        lambda_.create_event_source_mapping(
            FunctionName=self.function.name, EventSourceArn=self.queue.arn, **_arguments(want)
        )

    def update(self, lambda_: Any, want: State, changed: frozenset[str]) -> None:
        have = self.read(lambda_, *self.key) or {}
        lambda_.update_event_source_mapping(UUID=have["UUID"], **_arguments(want))

    @staticmethod
    def delete(lambda_: Any, function: str, queue: str) -> None:
        if have := EventSource.read(lambda_, function, queue):
            lambda_.delete_event_source_mapping(UUID=have["UUID"])


def _arguments(want: State) -> dict[str, Any]:
    """Return *want* as the calls take it: they are given a wish, and answer with a state."""
    plain = {name: value for name, value in want.items() if name != "State"}
    return {**plain, "Enabled": want["State"] == ON}
