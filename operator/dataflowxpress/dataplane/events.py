"""News: what runs and the backstop have done between two statuses. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dataflowxpress.api.events import Event
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.status import Run, Status
from dataflowxpress.reporting.conditions import counted

from .recovery import COMPARE


def events_between(before: Status, after: Status) -> Iterator[Event]:
    """Yield what has happened."""
    yield from _ended(before, after)
    yield from _recovery(before, after)
    if after.reprocess and after.reprocess != before.reprocess:
        granted = after.reprocess.answer == "Requested"
        message = f"{after.reprocess.prefix}: {after.reprocess.answer}"
        if granted:
            yield Event("Normal", Reason.REPROCESS_REQUESTED, message)
        else:
            yield Event("Warning", Reason.REPROCESS_REFUSED, message)


def _ended(before: Status, after: Status) -> Iterator[Event]:
    ended = {run.id for run in before.runs if not is_active(run.state)}
    for run in reversed(after.runs):
        if run.id in ended or is_active(run.state):
            continue
        if is_failed(run.state):
            yield Event("Warning", Reason.RUN_FAILED, f"{run.id}: {run.error or run.state}")
        else:
            yield Event("Normal", Reason.RUN_SUCCEEDED, f"{run.id}: {_did(run)}{run.seconds} s")


def _did(run: Run) -> str:
    """Return the counts of a run; nothing if a custom script keeps no counts."""
    if run.objects is None or run.rows_written is None:
        return ""
    done = f"{counted(run.objects, 'object')}, {counted(run.rows_written, 'row')}"
    return f"{done}, {run.rows_rejected} rejected, "


def _recovery(before: Status, after: Status) -> Iterator[Event]:
    was, now = before.recovery, after.recovery
    if now is None or now == was:
        return
    known = was.attempts if was and was.work == now.work else 0
    # A first comparison is a precaution: functions may only be slow. What it mends, drift tells.
    silent = now.did == COMPARE.value and now.attempts == 1
    if now.attempts > known and not silent:
        yield Event(
            "Warning", Reason(now.reason), f"{now.message}: {now.did} (attempt {now.attempts})"
        )
    if now.backoff_limit_exceeded and not (was and was.backoff_limit_exceeded):
        yield Event(
            "Warning",
            Reason.BACKOFF_LIMIT_EXCEEDED,
            f"{now.message}: {counted(now.attempts, 'attempt')} changed nothing",
        )
