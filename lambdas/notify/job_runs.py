"""Job runs: the DPU-seconds of a run as AWS Glue reports them."""

import math
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from batch import log


def dpu_seconds(job: str, run: str) -> int | None:
    """Return the DPU-seconds of a run; None if Glue does not give them.

    Without the permission, which an older permissions boundary lacks, the mail must go out.
    """
    try:
        return used(_glue().get_job_run(JobName=job, RunId=run)["JobRun"])
    except ClientError as error:
        log("error", "DPU-seconds not read", reason=str(error))
        return None


def used(run: dict[str, Any]) -> int | None:
    """Return the DPU-seconds of a JobRun; Glue reports them with FLEX or auto scaling only."""
    if (reported := run.get("DPUSeconds")) is not None:
        return math.ceil(float(reported))
    if (capacity := run.get("MaxCapacity")) is None:
        return None
    return math.ceil(float(capacity) * int(run.get("ExecutionTime") or 0))


@cache
def _glue() -> Any:
    return boto3.client("glue")
