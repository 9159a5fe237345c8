"""Annotations: requests that users make besides the spec."""

from __future__ import annotations

from typing import NamedTuple

from .spec import GROUP
from .status import Status

PAUSED = f"{GROUP}/paused"
PLAN = f"{GROUP}/plan"
REQUESTED = f"{GROUP}/reconcile-requested-at"
REPROCESS = f"{GROUP}/reprocess"
REDRIVE_REQUESTED = f"{GROUP}/redrive-requested-at"
RUN_REQUESTED = f"{GROUP}/run-requested-at"
SUBSCRIBE_REQUESTED = f"{GROUP}/subscribe-requested-at"


class DataRequests(NamedTuple):
    """The values of the annotations for data and emails; any new text is a new request."""

    run: str = ""
    redrive: str = ""
    reprocess: str = ""  # a prefix
    subscribe: str = ""

    @classmethod
    def answered_in(cls, status: Status) -> DataRequests:
        """Return the requests that *status* answers."""
        reprocess = status.reprocess.prefix if status.reprocess else ""
        return cls(
            status.run_handled_at,
            status.redrive_handled_at,
            reprocess,
            status.subscribe_handled_at,
        )
