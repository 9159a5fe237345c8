"""Events of the data plane: runs, recovery and reprocessing between two statuses. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dataflowxpress.api.events import Event
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import is_active, is_failed
from dataflowxpress.api.status import Data, Run, Status
from dataflowxpress.reporting.text import pluralize, summarize

from .glue_activity import by_reason
from .recovery import COMPARE, run_failure

_NO_DATA = Data(dead_letters=0)


def events_between(before: Status, after: Status) -> Iterator[Event]:
    """Yield the Events that lead from *before* to *after*."""
    yield from _runs(before, after)
    yield from _refused(before, after)
    yield from _small_files(before, after)
    yield from _recovery(before, after)
    if after.reprocess and after.reprocess != before.reprocess:
        message = f"{after.reprocess.prefix}: {after.reprocess.result}"
        if after.reprocess.result == "Requested":
            yield Event("Normal", Reason.REPROCESS_REQUESTED, message)
        else:
            yield Event("Warning", Reason.REPROCESS_REFUSED, message)


def _runs(before: Status, after: Status) -> Iterator[Event]:
    ended = {run.id for run in before.runs if not is_active(run.state)}
    for run in reversed(after.runs):
        if run.id in ended or is_active(run.state):
            continue
        if run.type_changes:
            yield Event("Normal", Reason.COLUMNS_WIDENED, f"run {run.id}: {run.type_changes}")
        if is_failed(run.state):
            yield Event("Warning", Reason.RUN_FAILED, run_failure(run))
        else:
            message = f"run {run.id}: {_written(run)}{run.seconds} s"
            yield Event("Normal", Reason.RUN_SUCCEEDED, message)


def _refused(before: Status, after: Status) -> Iterator[Event]:
    """Yield one Event if objects are refused that were not before."""
    was, now = before.data or _NO_DATA, after.data or _NO_DATA
    new = [each for each in now.refused_objects if each not in was.refused_objects]
    if (now.refused or 0) > (was.refused or 0) or new:
        named = by_reason([(each.key, each.reason) for each in new or now.refused_objects])
        message = f"{pluralize(now.refused or 0, 'object')} refused: {summarize(named)}"
        yield Event("Warning", Reason.OBJECTS_REFUSED, message)


def _small_files(before: Status, after: Status) -> Iterator[Event]:
    """Yield one Event if tables have many small files that did not before."""
    warned = {each.name for each in (before.data or _NO_DATA).tables if each.warning}
    tables = (after.data or _NO_DATA).tables
    if new := [each for each in tables if each.warning and each.name not in warned]:
        message = summarize([f"table {each.name}: {each.warning}" for each in new], 1)
        yield Event("Warning", Reason.MANY_SMALL_FILES, message)


def _written(run: Run) -> str:
    """Return the counts of a run; empty if a custom script keeps no counts."""
    if run.objects is None or run.rows_written is None:
        return ""
    written = f"{pluralize(run.objects, 'object')}, {pluralize(run.rows_written, 'row')}"
    return f"{written}, {run.rows_rejected} rejected, "


def _recovery(before: Status, after: Status) -> Iterator[Event]:
    was, now = before.recovery, after.recovery
    if now is None or now == was:
        return
    known = was.attempts if was and was.work == now.work else 0
    # The first comparison is a precaution: a function may only be slow. Drift reports corrections.
    silent = now.last_action == COMPARE.value and now.attempts == 1
    if now.attempts > known and not silent:
        message = f"{now.message}: {now.last_action} (attempt {now.attempts})"
        yield Event("Warning", Reason(now.reason), message)
    if now.backoff_limit_exceeded and not (was and was.backoff_limit_exceeded):
        message = f"{now.message}: no progress after {pluralize(now.attempts, 'attempt')}"
        yield Event("Warning", Reason.BACKOFF_LIMIT_EXCEEDED, message)
