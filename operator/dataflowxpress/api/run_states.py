"""Run states: AWS Glue's states of a job run and of a crawl, each classified once.

Source: the enumeration `JobRunState` of Glue's service model. A test compares it with botocore's.
"""

from __future__ import annotations

SUCCEEDED = "SUCCEEDED"
ACTIVE = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
CRAWL_FAILED = frozenset({"Failed", "Cancelled"})  # of a crawl, as the status records it
FAILED = frozenset({"FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"})


def is_active(state: str) -> bool:
    """Return whether a run in *state* has not ended."""
    return state in ACTIVE


def is_failed(state: str) -> bool:
    """Return whether a run in *state* ended without success; a state unknown here is a failure."""
    return state != SUCCEEDED and state not in ACTIVE
