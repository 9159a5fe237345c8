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
from dataflowxpress.api.status import TIME, Backstop, Status
from dataflowxpress.reporting.conditions import counted

from .observation import ENDED_BADLY, Facts

MOST_ATTEMPTS = 6  # with a look a minute: over an hour


class Remedy(Enum):
    """What sets a pipeline going again."""

    CRAWL = "asked for a crawl"
    RUN = "asked for a run"
    COMPARE = "compared everything with AWS"


CRAWL, RUN, COMPARE = Remedy


class Leftover(NamedTuple):
    """Work that nobody is about to do."""

    reason: Reason
    message: str
    remedy: Remedy


class Decision(NamedTuple):
    """What is remembered, and what is done now."""

    memory: Backstop | None
    remedy: Remedy | None = None


def leftover(facts: Facts) -> Leftover | None:
    """Return what is left to do and not being done; None also where something moves."""
    if facts.moving:
        return None
    return next(filter(None, (check(facts) for check in _CHECKS)), None)


def _queue_stuck(facts: Facts) -> Leftover | None:
    stuck = facts.uploads.visible + facts.crawls.visible
    said = f"nobody takes {counted(stuck, 'message')}"
    return Leftover(Reason.QUEUE_STUCK, said, COMPARE) if stuck else None


def _crawl_failed(facts: Facts) -> Leftover | None:
    crawl = facts.crawl
    if crawl is None or crawl.state not in {"Failed", "Cancelled"}:
        return None
    return Leftover(Reason.CRAWL_FAILED, _because("the last crawl failed", crawl.error), CRAWL)


def _run_failed(facts: Facts) -> Leftover | None:
    run = facts.last_run
    # Nobody knows whether a script that is not ours bears to be run again.
    if run is None or run.state not in ENDED_BADLY or not facts.packaged:
        return None
    return Leftover(Reason.RUN_FAILED, _because(f"{run.id} ended {run.state}", run.error), RUN)


def _crawl_missing(facts: Facts) -> Leftover | None:
    if facts.newest <= facts.crawled:
        return None
    return Leftover(Reason.OBJECTS_WAITING, f"{_waiting(facts)}, and no crawl came", CRAWL)


def _run_missing(facts: Facts) -> Leftover | None:
    ran = facts.last_run.started if facts.last_run else ""
    # Also where no object waits: a crawl may have widened a type.
    missing = facts.crawled > ran
    return (
        Leftover(Reason.RUN_MISSING, "no run came after the last crawl", RUN) if missing else None
    )


def _run_left_some(facts: Facts) -> Leftover | None:
    if not (facts.packaged and facts.pending):
        return None
    return Leftover(
        Reason.OBJECTS_WAITING, f"{_waiting(facts)}, and the last run left it so", CRAWL
    )


def _request_open(facts: Facts) -> Leftover | None:
    if not (facts.packaged and facts.requests):
        return None
    return Leftover(Reason.REQUEST_OPEN, "objects are to be converted again", RUN)


_CHECKS = (
    *(_queue_stuck, _crawl_failed, _run_failed, _crawl_missing, _run_missing),
    *(_run_left_some, _request_open),
)


def decide(facts: Facts, before: Status, still: float, now: datetime, patience: float) -> Decision:
    """Return what to do about what has been left, and standing *still*, for that many seconds.

    A first attempt waits for *patience* seconds, each further one for twice as long as the last.
    New uploads, a new spec and a request begin anew.
    """
    left = leftover(facts)
    if left is None:
        return Decision(before.backstop if facts.moving else None)
    what = work_of(facts, before)
    known = before.backstop
    if known is None or known.work != what:
        known = Backstop(reason=left.reason, message=left.message, work=what)
    known = known.model_copy(update={"reason": left.reason, "message": left.message})
    if still < patience or now < _next(known, patience):
        return Decision(known if known.attempts else None)
    if known.attempts >= MOST_ATTEMPTS:
        return Decision(known.model_copy(update={"gave_up": True}))
    tried = known.model_copy(
        update={
            "attempts": known.attempts + 1,
            "last_attempt": now.strftime(TIME),
            "did": left.remedy.value,
        }
    )
    return Decision(tried, left.remedy)


def work_of(facts: Facts, before: Status) -> str:
    """Return a short text that differs when the work, the spec or a request does."""
    work = [
        sorted(facts.pending),
        facts.requests,
        before.observed_generation,
        before.run_handled_at,
    ]
    return hashlib.sha256(json.dumps(work).encode()).hexdigest()[:16]


def _next(memory: Backstop, patience: float) -> datetime:
    if not memory.attempts:
        return datetime.min.replace(tzinfo=UTC)  # at once
    last = datetime.strptime(memory.last_attempt, TIME).replace(tzinfo=UTC)
    return last + timedelta(seconds=patience * 2**memory.attempts)


def _waiting(facts: Facts) -> str:
    if not facts.packaged:
        return "objects have arrived"
    return "an object waits" if len(facts.pending) == 1 else f"{len(facts.pending)} objects wait"


def _because(what: str, error: str) -> str:
    return f"{what}: {error}" if error else what
