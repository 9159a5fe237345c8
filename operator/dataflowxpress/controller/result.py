"""Result: what a reconciliation, a poll or a deletion leaves for the work queue and the status."""

from __future__ import annotations

from dataclasses import dataclass, field

from dataflowxpress.api.events import Event
from dataflowxpress.api.status import Status
from dataflowxpress.aws.clients import Access


@dataclass
class Result:
    """The result of a reconciliation, a poll or a deletion."""

    status: Status
    success: bool  # no retry is needed
    resync: float = 600  # seconds until the next full comparison
    busy: bool = False  # data is moving: poll again soon
    compare: bool = False  # work has stalled: compare all resources now
    access: Access | None = None  # with which it reached AWS; None if it did not
    events: list[Event] = field(default_factory=list)
