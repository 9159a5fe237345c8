"""Event source mapping: invokes a function with the messages of a queue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.diff import Exclusive
from dataflowxpress.planning.resource import Resource, State, Tags

from .function import Function
from .queue import Queue

LARGEST_BATCH_WITHOUT_WINDOW = 10
ON, OFF = "Enabled", "Disabled"
STATES = {
    "Creating": ON,
    "Enabling": ON,
    "Updating": ON,
    "Disabling": OFF,
}  # the states that follow


@dataclass(frozen=True, kw_only=True)
class EventSource(Resource):
    """A mapping with partial batch responses.

    AWS identifies a mapping by a UUID that it generates. A function and a queue have at most one.
    """

    service = "lambda"
    lists = True

    function: Function
    queue: Queue
    batch_size: int = 10
    window_seconds: int = 0  # larger batches require at least 1 s
    maximum_concurrency: int | None = None
    enabled: bool = True

    @property
    def key(self) -> Key:
        """The function's name and the queue's ARN."""
        return (self.function.name, self.queue.arn)

    @staticmethod
    def parents(function: str, queue: str) -> tuple[Id, ...]:
        return Id("Function", (function,)), Id("Queue", (queue,))

    def desired(self) -> State:
        window = max(self.window_seconds, int(self.batch_size > LARGEST_BATCH_WITHOUT_WINDOW))
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
        return next(_existing(answer), None)

    @staticmethod
    def list_all(lambda_: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(lambda_, "list_event_source_mappings"):
            yield {
                (each["FunctionArn"].rpartition(":")[2], each["EventSourceArn"]): each
                for each in _existing(page)
                if "EventSourceArn" in each  # a self-managed source has none
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


def _existing(answer: Mapping[str, Any]) -> Iterator[State]:
    """Yield the mappings of an answer that are not being deleted, as `desired` does."""
    for each in answer["EventSourceMappings"]:
        if each["State"] != "Deleting":
            yield {"ScalingConfig": {}, **each, "State": STATES.get(each["State"], each["State"])}


def _arguments(want: State) -> dict[str, Any]:
    """Return *want* as API arguments: requests take `Enabled`, responses contain `State`."""
    plain = {name: value for name, value in want.items() if name != "State"}
    return {**plain, "Enabled": want["State"] == ON}
