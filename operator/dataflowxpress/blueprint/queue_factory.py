"""Queue factory: derives the queues between the hops, and what follows from their retries. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import EventSource, Function, Queue
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.resource import Scope

from .redrive_policy import RETENTION, RedrivePolicy

EVENTS = "events.amazonaws.com"
# The queue whose retries a function follows; all queues of a function have the same.
QUEUES = {"start-crawler": "crawl-requests", "start-job": "crawls", "notify": "outcomes"}
LARGE_BATCH = 1000  # messages; more than 10 require a batching window


@dataclass(frozen=True)
class QueueFactory:
    """Creates the desired queues of one pipeline, and the mappings from them to functions."""

    spec: DataPipelineSpec
    scope: Scope
    names: Names
    key: str  # the ARN of the key of the queues; empty for the key that AWS manages

    def dead_letters(self, of: str, *rules: str) -> Queue:
        """Return the dead-letter queue of *of*, also for undeliverable events of *rules*."""
        return Queue(
            self.scope,
            self.names.of(f"{of}-dead" if of != "unsent" else of, limit=80),
            senders=tuple((EVENTS, rule) for rule in rules),
            retention_seconds=RETENTION,
            kms_key_arn=self.key,
        )

    def of(self, of: str, dead_letters: Queue, *senders: tuple[str, str]) -> Queue:
        """Return the queue of one function, with the visibility timeout that it needs."""
        policy = self._redrive_policy(of)
        return Queue(
            self.scope,
            self.names.of(of, limit=80),
            visibility_seconds=policy.visibility_seconds,
            retention_seconds=RETENTION,
            dead_letters=dead_letters,
            attempts=policy.attempts,
            senders=senders,
            kms_key_arn=self.key,
        )

    def event_source(
        self, function: Function, queue: Queue, window: int = 0, *, suspended: bool = False
    ) -> EventSource:
        """Return the mapping from *queue* to *function*, with a batching *window* in seconds."""
        return EventSource(
            self.scope,
            function.name,
            function=function,
            queue=queue,
            batch_size=LARGE_BATCH if window else 10,
            window_seconds=window,
            maximum_concurrency=2,  # Lambda's minimum; each batch starts one crawl or run
            enabled=not suspended,
        )

    def retry_seconds(self, function: str) -> int:
        """Return the seconds after which a message that *function* returns is visible again."""
        return self._redrive_policy(QUEUES[function]).retry_seconds

    def alarm_text(self, queue: Queue) -> str:
        """Return the description of the alarm on *queue*."""
        return (
            f"DataPipeline {self.scope.owner}: dead-letter queue {queue.name} contains messages"
            " whose processing failed repeatedly. The logs of the pipeline's functions contain"
            " the errors. After fixing the cause, redrive the messages."
        )

    def _redrive_policy(self, of: str) -> RedrivePolicy:
        trigger = self.spec.trigger
        match of:
            case "uploads" if self.spec.crawls != "Always":
                policy = RedrivePolicy.for_runs(self.spec.job, trigger.batch_window_seconds)
            case "uploads":
                policy = RedrivePolicy.for_crawls(trigger.batch_window_seconds)
            case "crawl-requests":
                policy = RedrivePolicy.for_crawls()
            case "crawls":
                policy = RedrivePolicy.for_runs(self.spec.job)
            case _:
                return RedrivePolicy.for_outcomes()
        return policy._replace(interval=trigger.min_interval_seconds)
