"""Change events: enqueues the pipelines whose resources others have changed in AWS."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress.aws.change_queue import ChangeQueue
from dataflowxpress.aws.clients import CALLERS
from dataflowxpress.aws.cloudtrail import ApiCall, InvalidEvent
from dataflowxpress.aws.errors import describe
from dataflowxpress.controller.change_index import Owner
from dataflowxpress.controller.changes import Changes
from dataflowxpress.controller.worker import Worker
from dataflowxpress.telemetry.metrics import CHANGE_EVENTS

log = logging.getLogger(__name__)

SETTLE = 10.0  # seconds from an event to the comparison, which then serves a series of changes
GAP = 30.0  # seconds between comparisons of one pipeline: a script of others can loop
SPREAD = 600.0  # seconds over which comparisons are distributed once events no longer arrive
ALIVE = 1.0  # seconds between checks of the thread that receives
RETRY = 30.0  # seconds until a failed receive is repeated


class ChangeEvents:
    """Receives events in a thread of its own, and makes affected pipelines due.

    It deletes a message only after it has enqueued the pipelines. If the process then ends, the
    comparisons of its next start replace them.
    """

    def __init__(
        self,
        queue: ChangeQueue,
        changes: Changes,
        worker: Worker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._changes, self._worker = queue, changes, worker
        self._stopped, self._clock = threading.Event(), clock
        self._due: dict[Owner, float] = {}  # by an event; until GAP has passed since
        self._problem = ""

    def run(self) -> None:
        """Receive until stopped; a call that still waits for messages does not delay the end."""
        receiver = threading.Thread(target=self._receive, name="change-events", daemon=True)
        receiver.start()
        while receiver.is_alive() and not self._stopped.wait(ALIVE):
            pass

    def _receive(self) -> None:
        while not self._stopped.is_set():
            try:
                self.once()
                self._problem = ""
            except (ClientError, BotoCoreError) as error:
                self._report(describe(error))
                self._stopped.wait(RETRY)

    def stop(self) -> None:
        """Process no more messages."""
        self._stopped.set()

    def once(self) -> None:
        """Receive and process some messages, and check where events arrive."""
        self._check()
        messages = self._queue.receive()
        if self._stopped.is_set():  # the next leader gets these messages
            return
        for message in messages:
            CHANGE_EVENTS.labels(self._process(message["Body"])).inc()
        self._queue.delete(messages)

    def _process(self, body: str) -> str:
        """Enqueue the pipelines that an event affects; return the outcome for the metric."""
        try:
            call = ApiCall.parse(body)
        except InvalidEvent as error:
            log.warning("a message in the queue of changes is no event of CloudTrail: %s", error)
            return "invalid"
        self._changes.coverage.observe(call)
        if call.is_by_operator and call.caller in CALLERS:
            return "own"
        if not call.changes_properties:
            return "no_change"
        owners = self._changes.index.affected(call)
        for owner in owners:
            self._enqueue(owner, call)
        return "compared" if owners else "other"

    def _enqueue(self, owner: Owner, call: ApiCall) -> None:
        now = self._clock()
        self._due = {each: due for each, due in self._due.items() if due + GAP > now}
        due = self._due.get(owner, float("-inf"))
        if due <= now:  # a comparison that is due later serves this change, too
            due = self._due[owner] = max(now + SETTLE, due + GAP)
        self._worker.reconciler.read_all(*owner)
        if self._worker.queue.add_after(owner, due - now):
            what = f"{call.service}:{call.detail.event_name}"
            log.info("%s/%s: compared because of %s by %s", *owner, what, call.caller or "AWS")

    def _check(self) -> None:
        """Compare the pipelines soon whose changes no longer arrive as events."""
        if lost := self._changes.lost():
            self._worker.queue.resync_within(SPREAD, lost)

    def _report(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("events of changes cannot be received: %s", problem)
        self._problem = problem
