"""Spark process: Python that uses Spark with a role's permissions on S3, and ends with this one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING

from dataflowxpress_sandbox.aws import REGION

from .java import java

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress_sandbox.aws.credentials import Credentials

    from .home import Home

_FILESYSTEM = "org.apache.hadoop.fs.s3a.S3AFileSystem"
_COMMITTERS = "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
_CLOUD = "org.apache.spark.internal.io.cloud"
# Hadoop's own provider for such credentials fails now and then when threads ask it at once.
_PROVIDER = "com.amazonaws.auth.EnvironmentVariableCredentialsProvider"
_SETTINGS = {
    "spark.master": "local[2]",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    "spark.hadoop.fs.s3.impl": _FILESYSTEM,
    "spark.hadoop.fs.s3a.impl": _FILESYSTEM,
    "spark.hadoop.fs.s3a.aws.credentials.provider": _PROVIDER,
    "spark.hadoop.fs.s3a.endpoint.region": REGION,
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    "spark.hadoop.fs.s3a.attempts.maximum": "3",
    "spark.hadoop.fs.s3a.retry.limit": "3",
    # Deleting the markers of parent folders would ask for permissions that Glue does not need.
    "spark.hadoop.fs.s3a.directory.marker.retention": "keep",
    # As Glue's own committer does, Parquet is uploaded to where it belongs and appears when the job
    # commits: the usual one would rename each file twice, which S3 can only copy.
    "spark.sql.parquet.output.committer.class": f"{_CLOUD}.BindingParquetOutputCommitter",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3": _COMMITTERS,
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": _COMMITTERS,
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.fs.s3a.committer.magic.enabled": "true",
    # That would ask for permissions, too, and end the uploads of others.
    "spark.hadoop.fs.s3a.committer.abort.pending.uploads": "false",
}


class Running:
    """Such a process and its group. Until `kill` its number is its own, even when it has ended."""

    def __init__(self, process: subprocess.Popen[bytes], ended: connection.Connection) -> None:
        self._process, self._ended, self._lock = process, ended, threading.Lock()

    def ends(self, seconds: float) -> bool:
        """Wait for its end, for some seconds at most; say whether it came."""
        # `Popen.wait` would give its number back, and whoever had it next would be killed.
        return bool(connection.wait([self._ended], seconds))

    def kill(self) -> int:
        """Kill it and all of its group, which may outlive it; return how it ended."""
        with self._lock:
            if self._process.returncode is None:
                nobody_left = contextlib.suppress(ProcessLookupError, PermissionError)
                with self._ended, self._process, nobody_left:
                    os.killpg(self._process.pid, signal.SIGKILL)
            return int(self._process.returncode)


@dataclass(frozen=True)
class Place:
    """Where such a process runs: its tmp/ must exist, its output.log and error.log are made."""

    home: Home
    credentials: Credentials
    folder: Path

    def start(
        self, arguments: list[str], settings: dict[str, str], environment: dict[str, str]
    ) -> Running:
        """Start Python with these arguments as the leader of a process group.

        It must call `children.tie_to_parent`: its standard input ends when this process ends.
        """
        file = self._write({**_SETTINGS, **self._s3(), **settings})
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SPARK_"))}
        own = self._environment(file)
        output, error = self.folder / "output.log", self.folder / "error.log"
        ended, open_till_then = connection.Pipe(duplex=False)
        with output.open("wb") as stdout, error.open("wb") as stderr, open_till_then:
            started = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self._scratch,
                env={**inherited, **own, **environment},
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                pass_fds=[open_till_then.fileno()],
            )
        return Running(started, ended)

    @property
    def _scratch(self) -> Path:
        return self.folder / "tmp"

    def _write(self, settings: dict[str, str]) -> Path:
        file = self._scratch / "spark.conf"
        file.write_text("\n".join(f"{name} {value}" for name, value in settings.items()))
        return file

    def _environment(self, settings: Path) -> dict[str, str]:
        return {
            **self.credentials.environment(),
            "DATAFLOWXPRESS_JAVA": str(java()),
            "DATAFLOWXPRESS_JVM": self.home.jvm(),
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": f"--properties-file {settings} pyspark-shell",
            "PYTHONUNBUFFERED": "1",
            "SPARK_HOME": str(self.home.path),
            "SPARK_LOCAL_DIRS": str(self._scratch),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "TMPDIR": str(self._scratch),
        }

    def _s3(self) -> dict[str, str]:
        return {
            "spark.sql.warehouse.dir": str(self._scratch / "warehouse"),
            "spark.hadoop.fs.s3a.buffer.dir": str(self._scratch),
            "spark.hadoop.fs.s3a.endpoint": self.credentials.aws.endpoint,
        }
