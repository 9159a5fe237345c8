"""Wishes: what people ask of the data by annotations, each answered in the status."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dataflowxpress.api.annotations import DataRequests
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Reprocess, Status
from dataflowxpress.aws.resources import Bucket, Queue
from dataflowxpress.planning.resource import Resource, only

from .manifest_log import REQUESTS
from .queues import Queues, ask, redrive
from .recovery import RecoveryAction

LONGEST_KEY = 1024  # bytes, for S3


class RequestHandler(NamedTuple):
    """What the operator may do to a pipeline's data: send messages, and put requests."""

    client: Callable[[str], Any]
    spec: DataPipelineSpec
    wanted: Sequence[Resource]

    def trigger(self, action: RecoveryAction) -> None:
        """Ask for what stands still; a comparison with AWS is for somebody else to make."""
        queues = Queues.of(self.wanted)
        if action is not RecoveryAction.COMPARE:
            queue = queues.uploads if action is RecoveryAction.CRAWL else queues.crawls
            ask(self.client("sqs"), queue, action.value)

    def fulfil(self, data_requests: DataRequests, status: Status) -> Status:
        """Do what is asked for and not answered yet; return the status with the answers.

        Whatever is done twice, because the answer was lost, does no harm.
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
        answers = {"run_handled_at": data_requests.run, "redrive_handled_at": data_requests.redrive}
        return status.model_copy(update=answers)

    def _reprocess(self, prefix: str) -> Reprocess | None:
        if not prefix:
            return None
        if why_not := self._why_not(prefix):
            return Reprocess(prefix=prefix, answer=why_not)
        bucket = only(self.wanted, Bucket).name
        self.client("s3").put_object(Bucket=bucket, Key=request_key(prefix), Body=b"")
        self.trigger(RecoveryAction.RUN)
        return Reprocess(prefix=prefix, answer="Requested")

    def _why_not(self, prefix: str) -> str:
        if not self.spec.job.script.packaged:
            return "the script is not ours, and knows no requests: reset its job bookmark instead"
        if not prefix.startswith(source := self.spec.source.prefix):
            return f"nothing of {prefix!r} is uploaded data: give {source!r} or a prefix below it"
        if len(request_key(prefix).encode()) > LONGEST_KEY:
            return "the prefix is too long to be asked for: give a shorter one"
        return ""


def request_key(prefix: str) -> str:
    """Return the key of an object that asks the job to convert again what lies under *prefix*.

    It says all in its name, so that nobody has to parse what somebody may have written.
    """
    asked = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return f"{REQUESTS}{asked}-{hashlib.sha256(prefix.encode()).hexdigest()[:8]}/{prefix}"
