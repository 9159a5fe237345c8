"""Wishes: what people ask of the data by annotations, each answered in the status."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dataflowxpress.api.annotations import Wishes
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Reprocess, Status
from dataflowxpress.aws.resources import Bucket, Queue
from dataflowxpress.planning.resource import Resource, only

from .manifest_log import REQUESTS
from .queues import Queues, ask, redrive
from .recovery import Remedy

LONGEST_KEY = 1024  # bytes, for S3


class Hand(NamedTuple):
    """What the operator may do to a pipeline's data: send messages, and put requests."""

    client: Callable[[str], Any]
    spec: DataPipelineSpec
    wanted: Sequence[Resource]

    def set_going(self, remedy: Remedy) -> None:
        """Ask for what stands still; a comparison with AWS is for somebody else to make."""
        queues = Queues.of(self.wanted)
        if remedy is not Remedy.COMPARE:
            queue = queues.uploads if remedy is Remedy.CRAWL else queues.crawls
            ask(self.client("sqs"), queue, remedy.value)

    def grant(self, wishes: Wishes, status: Status) -> Status:
        """Do what is asked for and not answered yet; return the status with the answers.

        Whatever is done twice, because the answer was lost, does no harm.
        """
        known = Wishes.answered_in(status)
        if wishes.redrive not in {"", known.redrive}:
            for queue in self.wanted:
                if isinstance(queue, Queue):
                    redrive(self.client("sqs"), queue)
        if wishes.reprocess != known.reprocess:
            status = status.model_copy(update={"reprocess": self._reprocess(wishes.reprocess)})
        if wishes.run not in {"", known.run}:
            self.set_going(Remedy.RUN)
        answers = {"run_handled_at": wishes.run, "redrive_handled_at": wishes.redrive}
        return status.model_copy(update=answers)

    def _reprocess(self, prefix: str) -> Reprocess | None:
        if not prefix:
            return None
        if why_not := self._why_not(prefix):
            return Reprocess(prefix=prefix, answer=why_not)
        bucket = only(self.wanted, Bucket).name
        self.client("s3").put_object(Bucket=bucket, Key=request_key(prefix), Body=b"")
        self.set_going(Remedy.RUN)
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
