"""Data requests: fulfils the annotations that ask for runs, redrives and reprocessing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from dataflowxpress.api import timestamps
from dataflowxpress.api.annotations import DataRequests
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Reprocess, Status
from dataflowxpress.aws.resources import Bucket, Queue
from dataflowxpress.planning.resource import Resource, only

from .confirmations import ask_again
from .manifest_log import REQUESTS
from .queues import Queues, redrive, trigger
from .recovery import RecoveryAction

LONGEST_KEY = 1024  # bytes, for S3


class RequestHandler(NamedTuple):
    """Acts on a pipeline's data: sends messages to its queues, and stores reprocess requests."""

    client: Callable[[str], Any]
    spec: DataPipelineSpec
    wanted: Sequence[Resource]

    def trigger(self, action: RecoveryAction) -> None:
        """Trigger a crawl or a run; the caller makes a comparison with AWS itself."""
        queues = Queues.of(self.wanted)
        if action is not RecoveryAction.COMPARE:
            queue = queues.crawls if action is RecoveryAction.CRAWL else queues.runs
            trigger(self.client("sqs"), queue, action.value)

    def fulfil(self, data_requests: DataRequests, status: Status) -> Status:
        """Fulfil the requests that *status* does not answer; return the status that does.

        A request that is fulfilled twice, because the status was lost, does no harm: an address can
        then get a second email.
        """
        known = DataRequests.answered_in(status)
        if data_requests.redrive not in {"", known.redrive}:
            for queue in self.wanted:
                if isinstance(queue, Queue):
                    redrive(self.client("sqs"), queue)
        if data_requests.reprocess != known.reprocess:
            status = status.model_copy(
                update={"reprocess": self._reprocess(data_requests.reprocess)}
            )
        if data_requests.run not in {"", known.run}:
            self.trigger(RecoveryAction.RUN)
        if data_requests.subscribe not in {"", known.subscribe}:
            status = ask_again(self.client, self.wanted, status)
        handled = {
            "run_handled_at": data_requests.run,
            "redrive_handled_at": data_requests.redrive,
            "subscribe_handled_at": data_requests.subscribe,
        }
        return status.model_copy(update=handled)

    def _reprocess(self, prefix: str) -> Reprocess | None:
        if not prefix:
            return None
        if error := self._validate(prefix):
            return Reprocess(prefix=prefix, result=error)
        bucket = only(self.wanted, Bucket).name
        self.client("s3").put_object(Bucket=bucket, Key=request_key(prefix), Body=b"")
        self.trigger(RecoveryAction.RUN)
        return Reprocess(prefix=prefix, result="Requested")

    def _validate(self, prefix: str) -> str:
        """Return why *prefix* cannot be reprocessed and a fix, or an empty string."""
        if not self.spec.job.script.packaged:
            return "a custom script does not support reprocessing: reset its job bookmark instead"
        if not prefix.startswith(source := self.spec.source.prefix):
            return f"{prefix!r} is outside the source prefix: give {source!r} or a prefix below it"
        if len(request_key(prefix).encode()) > LONGEST_KEY:
            return "the prefix is too long for a request: give a shorter one"
        return ""


def request_key(prefix: str) -> str:
    """Return the key of an object that requests reprocessing of the objects under *prefix*.

    The name carries the whole request, so that no reader parses content that users can change.
    """
    requested = timestamps.format_now(timestamps.COMPACT)
    return f"{REQUESTS}{requested}-{hashlib.sha256(prefix.encode()).hexdigest()[:8]}/{prefix}"
