"""Job logs: writes the output of a run to CloudWatch Logs with the role's permissions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from dataflowxpress_sandbox.aws import cloudwatch

if TYPE_CHECKING:
    from pathlib import Path

    from .job_process import Launch


def ship(logs: Any, run_id: str, launch: Launch) -> None:
    """Write output and errors to Glue's log groups, or to the group of continuous logging."""
    group = launch.arguments.get("--continuous-log-logGroup")
    _put(logs, group or "/aws-glue/jobs/output", run_id, launch.folder / "output.log")
    _put(
        logs,
        group or "/aws-glue/jobs/error",
        f"{run_id}-driver" if group else run_id,
        launch.folder / "error.log",
    )


def _put(logs: Any, group: str, stream: str, file: Path) -> None:
    now, printed = time.time(), file.read_text(errors="replace").splitlines()
    cloudwatch.put(logs, group, stream, [cloudwatch.Line(now, line) for line in printed if line])
