"""Job logs: what a run printed, put into CloudWatch Logs with the role's permissions at its end."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress.sandbox.aws.glue.job_process import Launch

_AT_ONCE = 1000  # of PutLogEvents' limit of 10,000, for its other limit of 1 MB
_LONGEST_LINE = 1000


def ship(logs: Any, run_id: str, launch: Launch) -> None:
    """Put output and errors where Glue does: its own groups, or that of continuous logging."""
    group = launch.arguments.get("--continuous-log-logGroup")
    _put(logs, group or "/aws-glue/jobs/output", run_id, launch.folder / "output.log")
    _put(
        logs,
        group or "/aws-glue/jobs/error",
        f"{run_id}-driver" if group else run_id,
        launch.folder / "error.log",
    )


def _put(logs: Any, group: str, stream: str, file: Path) -> None:
    lines = [line[:_LONGEST_LINE] for line in file.read_text(errors="replace").splitlines() if line]
    if not lines:
        return
    with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = round(time.time() * 1000)
    for begin in range(0, len(lines), _AT_ONCE):
        part = [{"timestamp": now, "message": line} for line in lines[begin : begin + _AT_ONCE]]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=part)
