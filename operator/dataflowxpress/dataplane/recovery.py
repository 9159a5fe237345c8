"""Backstop: what stands still although there is work left, and who is to be asked to go on. Pure.

Events are lost, and functions and jobs fail. What is there decides, not what was told: as long as
something is left and nothing moves, the queue that an upload uses gets another message. Attempts
are counted in the status and come ever later, so that what cannot work is not tried for ever.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import is_failed
from dataflowxpress.api.status import TIME, Recovery, Status
from dataflowxpress.reporting.conditions import counted

from .observation import Observation

BACKOFF_LIMIT = 6  # with a look a minute: over an hour


class RecoveryAction(Enum):
    """What sets a pipeline going again."""

    CRAWL = "asked for a crawl"
    RUN = "asked for a run"
    COMPARE = "compared everything with AWS"


CRAWL, RUN, COMPARE = RecoveryAction


class UnfinishedWork(NamedTuple):
    """Work that nobody is about to do."""

    reason: Reason
    message: str
    action: RecoveryAction


class Decision(NamedTuple):
    """What is remembered, and what is done now."""

    memory: Recovery | None
    action: RecoveryAction | None = None


def unfinished_work(observation: Observation) -> UnfinishedWork | None:
    """Return what is left to do and not being done; None also where something moves."""
    if observation.moving:
        return None
    return next(filter(None, (check(observation) for check in _CHECKS)), None)


def _queue_not_consumed(observation: Observation) -> UnfinishedWork | None:
    stuck = observation.uploads.visible + observation.crawls.visible
    message = f"nobody takes {counted(stuck, 'message')}"
    return UnfinishedWork(Reason.QUEUE_NOT_CONSUMED, message, COMPARE) if stuck else None


def _crawl_failed(observation: Observation) -> UnfinishedWork | None:
    crawl = observation.crawl
    if crawl is None or crawl.state not in {"Failed", "Cancelled"}:
        return None
    return UnfinishedWork(
        Reason.CRAWL_FAILED, _because("the last crawl failed", crawl.error), CRAWL
    )


def _run_failed(observation: Observation) -> UnfinishedWork | None:
    run = observation.last_run
    # Nobody knows whether a script that is not ours bears to be run again.
    if run is None or not is_failed(run.state) or not observation.packaged:
        return None
    return UnfinishedWork(
        Reason.RUN_FAILED, _because(f"{run.id} ended {run.state}", run.error), RUN
    )


def _crawl_missing(observation: Observation) -> UnfinishedWork | None:
    if observation.newest <= observation.crawled:
        return None
    return UnfinishedWork(
        Reason.OBJECTS_WAITING, f"{_waiting(observation)}, and no crawl came", CRAWL
    )


def _run_missing(observation: Observation) -> UnfinishedWork | None:
    ran = observation.last_run.started if observation.last_run else ""
    # Also where no object waits: a crawl may have widened a type.
    missing = observation.crawled > ran
    return (
        UnfinishedWork(Reason.RUN_MISSING, "no run came after the last crawl", RUN)
        if missing
        else None
    )


def _run_left_some(observation: Observation) -> UnfinishedWork | None:
    if not (observation.packaged and observation.pending):
        return None
    return UnfinishedWork(
        Reason.OBJECTS_WAITING, f"{_waiting(observation)}, and the last run left it so", CRAWL
    )


def _reprocess_pending(observation: Observation) -> UnfinishedWork | None:
    if not (observation.packaged and observation.requests):
        return None
    return UnfinishedWork(Reason.REPROCESS_PENDING, "objects are to be converted again", RUN)


_CHECKS = (
    *(_queue_not_consumed, _crawl_failed, _run_failed, _crawl_missing, _run_missing),
    *(_run_left_some, _reprocess_pending),
)


def decide(
    observation: Observation, before: Status, still: float, now: datetime, patience: float
) -> Decision:
    """Return what to do about what has been left, and standing *still*, for that many seconds.

    A first attempt waits for *patience* seconds, each further one for twice as long as the last.
    New uploads, a new spec and a request begin anew.
    """
    left = unfinished_work(observation)
    if left is None:
        return Decision(before.recovery if observation.moving else None)
    what = work_of(observation, before)
    known = before.recovery
    if known is None or known.work != what:
        known = Recovery(reason=left.reason, message=left.message, work=what)
    known = known.model_copy(update={"reason": left.reason, "message": left.message})
    if still < patience or now < _next(known, patience):
        return Decision(known if known.attempts else None)
    if known.attempts >= BACKOFF_LIMIT:
        return Decision(known.model_copy(update={"backoff_limit_exceeded": True}))
    tried = known.model_copy(
        update={
            "attempts": known.attempts + 1,
            "last_attempt": now.strftime(TIME),
            "did": left.action.value,
        }
    )
    return Decision(tried, left.action)


def work_of(observation: Observation, before: Status) -> str:
    """Return a short text that differs when the work, the spec or a request does."""
    work = [
        sorted(observation.pending),
        observation.requests,
        before.observed_generation,
        before.run_handled_at,
    ]
    return hashlib.sha256(json.dumps(work).encode()).hexdigest()[:16]


def _next(memory: Recovery, patience: float) -> datetime:
    if not memory.attempts:
        return datetime.min.replace(tzinfo=UTC)  # at once
    last = datetime.strptime(memory.last_attempt, TIME).replace(tzinfo=UTC)
    return last + timedelta(seconds=patience * 2**memory.attempts)


def _waiting(observation: Observation) -> str:
    if not observation.packaged:
        return "objects have arrived"
    return (
        "an object waits"
        if len(observation.pending) == 1
        else f"{len(observation.pending)} objects wait"
    )


def _because(what: str, error: str) -> str:
    return f"{what}: {error}" if error else what
