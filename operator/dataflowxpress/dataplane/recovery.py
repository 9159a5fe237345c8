"""Recovery: detects unfinished work that nothing processes, and decides how to resume it. Pure.

Events get lost, and functions and jobs fail. The decision depends on observed state, not on events:
while work is unfinished and nothing is active, the operator sends a message to the queue that
uploads use. The status counts the attempts. The delay doubles with each one, up to a limit.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import CRAWL_FAILED, is_failed
from dataflowxpress.api.status import Recovery, Run, Status
from dataflowxpress.api.timestamps import format_time, parse_time
from dataflowxpress.reporting.text import pluralize

from .observation import Observation

BACKOFF_LIMIT = 6  # attempts: with one poll a minute, more than an hour
RECRAWL_LIMIT = 3  # attempts for objects that a crawl and a run have seen: six minutes


class RecoveryAction(Enum):
    """An action that resumes unfinished work; the value is its description in messages."""

    CRAWL = "requested a crawl"
    RUN = "requested a run"
    COMPARE = "compared all resources with AWS"


CRAWL, RUN, COMPARE = RecoveryAction


class UnfinishedWork(NamedTuple):
    """Work that nothing processes, and the action that resumes it."""

    reason: Reason
    message: str
    action: RecoveryAction
    limit: int = BACKOFF_LIMIT  # attempts


class Decision(NamedTuple):
    """The new recovery status, and the action to take now."""

    recovery: Recovery | None
    action: RecoveryAction | None = None


def unfinished_work(observation: Observation) -> UnfinishedWork | None:
    """Return the first unfinished work; None if there is none, or if something is active."""
    if observation.moving:
        return None
    return next(filter(None, (check(observation) for check in _CHECKS)), None)


def _queue_not_consumed(observation: Observation) -> UnfinishedWork | None:
    visible = observation.queued.visible
    message = f"no function receives {pluralize(visible, 'queued message')}"
    return UnfinishedWork(Reason.QUEUE_NOT_CONSUMED, message, COMPARE) if visible else None


def _crawl_failed(observation: Observation) -> UnfinishedWork | None:
    crawl = observation.crawl
    if crawl is None or crawl.state not in CRAWL_FAILED or is_converted_without(observation):
        return None
    message = _with_error(f"the last crawl ended {crawl.state}", crawl.error)
    return UnfinishedWork(Reason.CRAWL_FAILED, message, CRAWL)


def _run_failed(observation: Observation) -> UnfinishedWork | None:
    run = observation.last_run
    # A custom script is not known to be safe to run again.
    if run is None or not is_failed(run.state) or not observation.packaged:
        return None
    return UnfinishedWork(Reason.RUN_FAILED, run_failure(run), RUN)


def _start_missing(observation: Observation) -> UnfinishedWork | None:
    if observation.newest <= observation.started or not observation.on_upload:
        return None
    start, action = ("crawl", CRAWL) if observation.crawls == "Always" else ("run", RUN)
    message = f"{_pending(observation)}, and no {start} started"
    return UnfinishedWork(Reason.OBJECTS_WAITING, message, action)


def _run_missing(observation: Observation) -> UnfinishedWork | None:
    # Applies without pending objects too: a crawl may have widened a type.
    if observation.crawled <= observation.ran:
        return None
    return UnfinishedWork(Reason.RUN_MISSING, "no run started after the last crawl", RUN)


def _run_incomplete(observation: Observation) -> UnfinishedWork | None:
    if not (observation.packaged and observation.had_pending(observation.started)):
        return None
    message = f"{_pending(observation)} after the last run"
    # A run has seen all of them. A crawl helps if the job's request was lost, if a table was
    # deleted meanwhile, or if the run began before the crawl ended.
    action = RUN if observation.crawls == "Never" else CRAWL
    return UnfinishedWork(Reason.OBJECTS_WAITING, message, action, limit=RECRAWL_LIMIT)


def _reprocess_pending(observation: Observation) -> UnfinishedWork | None:
    if not (observation.packaged and observation.requests):
        return None
    message = "requested objects are not reprocessed yet"
    return UnfinishedWork(Reason.REPROCESS_PENDING, message, RUN)


def _files_overdue(observation: Observation) -> UnfinishedWork | None:
    message = "replaced files wait for a run that deletes them"
    overdue = observation.packaged and observation.has_overdue_files
    return UnfinishedWork(Reason.RUN_MISSING, message, RUN) if overdue else None


_CHECKS = (
    *(_queue_not_consumed, _crawl_failed, _run_failed, _start_missing, _run_missing),
    *(_run_incomplete, _reprocess_pending, _files_overdue),
)


def decide(
    observation: Observation, before: Status, stalled: float, now: datetime, stall_timeout: float
) -> Decision:
    """Decide how to resume work that has been *stalled* for that many seconds.

    The first attempt waits for *stall_timeout* seconds; the delay doubles with each attempt. New
    uploads, a new spec and a request reset the attempts. Uploads that are converted without an
    attempt do not: the objects that were left before stay left.
    """
    unfinished = unfinished_work(observation)
    if unfinished is None:
        return Decision(before.recovery if observation.moving else None)
    work = work_of(observation, before)
    known = before.recovery
    if known is None or known.work != work:
        known = Recovery(reason=unfinished.reason, message=unfinished.message, work=work)
    known = known.model_copy(update={"reason": unfinished.reason, "message": unfinished.message})
    if stalled < stall_timeout or now < _next(known, stall_timeout):
        return Decision(known if known.attempts else _exceeded(before))
    if known.attempts >= unfinished.limit:
        return Decision(known.model_copy(update={"backoff_limit_exceeded": True}))
    attempt = {
        "attempts": known.attempts + 1,
        "last_attempt": format_time(now),
        "last_action": unfinished.action.value,
    }
    return Decision(known.model_copy(update=attempt), unfinished.action)


def _exceeded(before: Status) -> Recovery | None:
    known = before.recovery
    return known if known and known.backoff_limit_exceeded else None


def is_converted_without(observation: Observation) -> bool:
    """Return whether a run converted all that the last crawl concerned, so a failure has no effect.

    Glue fails a crawl as a whole for one object. The run that follows needs only known tables.
    """
    run = observation.last_run
    has_run = run is not None and run.started > observation.crawled and not is_failed(run.state)
    left = observation.had_pending(observation.crawled)
    return observation.packaged and has_run and not left


def run_failure(run: Run) -> str:
    """Describe a failed run."""
    return _with_error(f"run {run.id} ended {run.state}", run.error)


def work_of(observation: Observation, before: Status) -> str:
    """Return a hash that changes with the pending work, the spec and a run request."""
    work = [
        observation.pending.digest,
        observation.requests.digest,
        before.observed_generation,
        before.run_handled_at,
    ]
    return hashlib.sha256(json.dumps(work).encode()).hexdigest()[:16]


def _next(recovery: Recovery, stall_timeout: float) -> datetime:
    if not recovery.attempts:
        return datetime.min.replace(tzinfo=UTC)  # immediately
    return parse_time(recovery.last_attempt) + timedelta(
        seconds=stall_timeout * 2**recovery.attempts
    )


def _pending(observation: Observation) -> str:
    if not observation.packaged:
        return "objects were uploaded"
    count = observation.pending.count
    return f"{pluralize(count, 'object')} {'is' if count == 1 else 'are'} not converted"


def _with_error(message: str, error: str) -> str:
    return f"{message}: {error}" if error else message
