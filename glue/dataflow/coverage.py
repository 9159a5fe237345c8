"""Coverage: the time until which the runs of a job have seen all uploads and requests.

The function that starts the job reads it. A message about an earlier upload starts no other run.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataflow.store import Store

COVERED = "dataflowxpress/covered.json"


class Coverage:
    """The coverage of a run: the time before the listings of its last round."""

    def __init__(self, store: Store, until: float) -> None:
        self.store = store
        self.until = until  # seconds since 1970

    def record(self) -> None:
        """Record it; a failed run records nothing, so that its messages start another one."""
        self.store.put_file(COVERED, io.BytesIO(json.dumps({"until": self.until}).encode()))
