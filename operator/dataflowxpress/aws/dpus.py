"""DPUs: the capacity of Glue's workers, and the DPU-seconds of a run as AWS reports them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

DPUS = {"G.025X": 0.25, "Standard": 1, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}  # of a worker

CRAWL_DPUS = 2  # not documented; `aws glue list-crawls` reports the DPU-hours of a crawl


def dpu_seconds(run: Mapping[str, Any]) -> int | None:
    """Return the DPU-seconds of a JobRun, rounded up; None if AWS does not report its capacity.

    Glue reports `DPUSeconds` only with the execution class FLEX or with auto scaling. A run without
    it keeps its whole capacity for its execution time.
    """
    if (reported := run.get("DPUSeconds")) is not None:
        return math.ceil(float(reported))
    capacity: float | None = run.get("MaxCapacity") or _capacity(run)
    seconds: int = run.get("ExecutionTime") or 0
    return None if capacity is None else math.ceil(capacity * seconds)


def _capacity(run: Mapping[str, Any]) -> float | None:
    workers, of_one = run.get("NumberOfWorkers"), DPUS.get(run.get("WorkerType", ""))
    return None if workers is None or of_one is None else workers * of_one
