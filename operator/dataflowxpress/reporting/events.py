"""Events of the resources: changes of Ready and Drifted between two statuses. Pure."""

from __future__ import annotations

from dataflowxpress.api.events import Event
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Status

# Reasons for an unready pipeline that are part of normal operation.
EXPECTED = {
    Reason.CREATING,
    Reason.PLANNED,
    Reason.WAITING_FOR_AWS,
    Reason.RESOURCE_IN_USE,
}


def events_between(before: Status, after: Status) -> list[Event]:
    """Return the Events that lead from *before* to *after*."""
    events = []
    was, now = before["Ready"], after["Ready"]
    if now and (was is None or (was.status, was.reason) != (now.status, now.reason)):
        normal = now.status == "True" or now.reason in EXPECTED
        events.append(Event("Normal" if normal else "Warning", Reason(now.reason), now.message))
    drift = after["Drifted"]
    if drift and drift.reason != Reason.NO_DRIFT and drift != before["Drifted"]:
        events.append(Event("Warning", Reason(f"Drift{drift.reason}"), drift.message))
    return events
