"""News: what runs and the backstop have done between two statuses. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dataflowxpress.core.status import Status

from .facts import ACTIVE, ENDED_BADLY

Told = tuple[str, str, str]  # an Event's type, reason and message


def news(before: Status, after: Status) -> Iterator[Told]:
    """Yield what has happened."""
    yield from _ended(before, after)
    yield from _backstop(before, after)
    if after.reprocess and after.reprocess != before.reprocess:
        granted = after.reprocess.answer == "Requested"
        kind, reason = ("Normal", "Requested") if granted else ("Warning", "Refused")
        yield kind, f"Reprocess{reason}", f"{after.reprocess.prefix}: {after.reprocess.answer}"


def _ended(before: Status, after: Status) -> Iterator[Told]:
    ended = {run.id for run in before.runs if run.state not in ACTIVE}
    for run in reversed(after.runs):
        if run.id in ended or run.state in ACTIVE:
            continue
        rows = f"{run.objects} objects, {run.rows_written} rows, {run.rows_rejected} rejected"
        if run.state in ENDED_BADLY:
            yield "Warning", "RunFailed", f"{run.id}: {run.error}"
        else:
            yield "Normal", "RunSucceeded", f"{run.id}: {rows}, {run.seconds} s"


def _backstop(before: Status, after: Status) -> Iterator[Told]:
    was, now = before.backstop, after.backstop
    if now is None or now == was:
        return
    known = was.attempts if was and was.work == now.work else 0
    if now.attempts > known:
        yield "Warning", now.reason, f"{now.message}: {now.did} (attempt {now.attempts})"
    if now.gave_up and not (was and was.gave_up):
        yield "Warning", "GaveUp", f"{now.message}: {now.attempts} attempts changed nothing"
