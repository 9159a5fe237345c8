"""JVM: a Java process that runs the Spark side of one job after another.

The start of a JVM is most of the processor time of a small job. A JVM is reused only after a run
whose process ended by itself. It then has no Spark context, open file system or setting of that
run.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.protocol import Py4JError

from .java import java
from .settings import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .home import Home

logger = logging.getLogger("dataflowxpress.glue.jobs")

_STARTS = 60.0  # seconds in which it must listen
_STOPS = 30.0  # seconds in which it must stop a context
_RUNS = 25  # after these it ends: scripts leave objects in its heap
_GATEWAY = "_PYSPARK_DRIVER_CONN_INFO_PATH"  # names the file that gets the port and the secret
_SUBMIT = ("org.apache.spark.deploy.SparkSubmit", "pyspark-shell")


class Jvm:
    """A JVM with the gateway that PySpark connects to; it ends with this process."""

    def __init__(self, home: Home, folder: Path, *options: str) -> None:
        """Start it with its files in a new folder under *folder*; return when it listens.

        Raises RuntimeError when it does not.
        """
        self.home = home
        self._folder = Path(tempfile.mkdtemp(prefix="jvm-", dir=folder))
        self._log = self._folder / "jvm.log"
        self._runs = 0
        self._printing: list[Any] = []  # Java's streams; never those that it began with
        gateway = self._folder / "gateway"
        environment = {**_environment(home, self._folder), _GATEWAY: str(gateway)}
        temporary = f"-Djava.io.tmpdir={self._folder}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [java(), *options, temporary, f"@{home.options}", *_SUBMIT],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.PIPE,  # its end ends the JVM
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid
        try:
            self._connect(gateway)
        except BaseException:
            self.kill()
            raise

    def _connect(self, gateway: Path) -> None:
        deadline = time.monotonic() + _STARTS
        while not gateway.is_file():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Java does not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.02)
        port, length = struct.unpack_from(">ii", written := gateway.read_bytes())
        secret = written[8 : 8 + length].decode()
        self.environment = {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret}
        parameters = JavaParameters(port=port, auth_token=secret, read_timeout=_STOPS)
        client = ClientServer(parameters, PythonParameters(port=0, eager_load=False))
        self._java = client.jvm.java
        self._apache = client.jvm.org.apache
        self._properties = self._java.lang.System.getProperties().clone()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def begin(self, settings: Mapping[str, str], output: Path, error: Path) -> None:
        """Set the properties of a run, and append to its files what Java prints.

        Raises RuntimeError when it does not answer.
        """
        self._runs += 1
        try:
            self._set(settings)
            self._print_to(output, error)
        except Py4JError as failed:
            raise RuntimeError(f"Java does not answer: {failed}") from failed

    def _set(self, settings: Mapping[str, str]) -> None:
        properties = self._properties.clone()
        for name, value in settings.items():
            properties.setProperty(name, value)
        self._java.lang.System.setProperties(properties)

    def reset(self) -> bool:
        """Remove all that a run has left; say whether another run can have this JVM."""
        if self._runs >= _RUNS:
            return False
        try:
            self._stop_spark()
            self._set({})
            self._print_to(self._log, self._log)
        except (Py4JError, OSError) as error:  # it has ended, or it does not answer
            logger.warning("JVM %d is not used again: %s", self.pid, error)
            return False
        return True

    def _stop_spark(self) -> None:
        companion = getattr(getattr(self._apache.spark, "SparkContext$"), "MODULE$")
        context = companion.getActive()
        if context.isDefined():
            context.get().stop()
        self._apache.hadoop.fs.FileSystem.closeAll()
        log4j = self._apache.logging.log4j
        log4j.core.config.Configurator.setRootLevel(log4j.Level.WARN)

    def quit(self, seconds: float) -> None:
        """Let it end by itself, and remove its files."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=seconds)
        self.kill()

    def kill(self) -> None:
        """Kill it and all of its group, and remove its files."""
        with self._process, contextlib.suppress(ProcessLookupError, PermissionError):
            if self._process.returncode is None:  # its number is still its own
                os.killpg(self.pid, signal.SIGKILL)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _print_to(self, output: Path, error: Path) -> None:
        system, io = self._java.lang.System, self._java.io
        opened = [io.PrintStream(io.FileOutputStream(str(f), True), True) for f in (output, error)]  # noqa: FBT003
        system.setOut(opened[0])
        system.setErr(opened[1])
        for stream in self._printing:
            stream.close()
        self._printing = opened


def _environment(home: Home, folder: Path) -> dict[str, str]:
    return {
        **inherited_environment(),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(home.path),
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TMPDIR": str(folder),
    }
