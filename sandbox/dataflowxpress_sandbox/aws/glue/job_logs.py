"""Job logs: writes the output of a run to CloudWatch Logs with the role's permissions.

The arguments that select the log groups depend on the Glue version, and each version ignores those
of the other: https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dataflowxpress_sandbox.aws import cloudwatch

if TYPE_CHECKING:
    from pathlib import Path

    from .job_process import Launch
    from .security import Security

_DEFAULT = "/aws-glue/jobs"
_REAL_TIME = 5  # the first major version that always logs in real time


class Copy(NamedTuple):
    """A log group and stream that receive a file of the run."""

    group: str
    stream: str
    file: str


def ship(logs: Any, run_id: str, glue_version: str, launch: Launch, security: Security) -> None:
    """Write output and errors to the log groups of the Glue version."""
    for copy in copies(run_id, glue_version, launch.arguments, security):
        _put(logs, copy.group, copy.stream, launch.folder / copy.file)


def copies(
    run_id: str, glue_version: str, arguments: Mapping[str, str], security: Security
) -> Iterator[Copy]:
    """Yield the destinations of a run's logs."""
    if int(glue_version.partition(".")[0]) >= _REAL_TIME:
        prefix = security.job_log_folder(arguments.get("--custom-logGroup-prefix", _DEFAULT))
        stream = arguments.get("--custom-logStream-prefix", run_id)
        yield Copy(f"{prefix}/output", stream, "output.log")
        yield Copy(f"{prefix}/error", f"{stream}-driver", "error.log")
        return
    folder = security.job_log_folder(_DEFAULT)
    yield Copy(f"{folder}/output", run_id, "output.log")
    yield Copy(f"{folder}/error", run_id, "error.log")
    if arguments.get("--enable-continuous-cloudwatch-log") == "true":
        group = arguments.get("--continuous-log-logGroup", f"{_DEFAULT}/logs-v2")
        group += f"-{security.configuration}" if security.logs else ""
        yield Copy(group, f"{run_id}-driver", "error.log")


def _put(logs: Any, group: str, stream: str, file: Path) -> None:
    now, printed = time.time(), file.read_text(errors="replace").splitlines()
    cloudwatch.put(logs, group, stream, [cloudwatch.Line(now, line) for line in printed if line])
