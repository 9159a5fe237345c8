"""Class archive: what a JVM has loaded and checked after a typical job, kept for all later ones.

Made once per home by a job of our own, on an AWS of its own. Without it everything works, slower.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dataflowxpress.sandbox.aws.credentials import Credentials
from dataflowxpress.sandbox.aws.serving import serving
from dataflowxpress.sandbox.aws.spark import home, process, training

if TYPE_CHECKING:
    from dataflowxpress.sandbox.aws import Aws

_MINUTES = 10  # of a job of seconds: a machine may be very busy


def prepare() -> None:
    """Make Spark's home and its archive where they are missing; raise `RuntimeError` otherwise.

    Takes a minute, once; several processes may ask at once, and all but one wait.
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
    (folder / "tmp").mkdir()
    made = folder / "classes.jsa"
    with serving(folder) as aws:
        ran = process.Place(spark, _root(aws), folder).start(
            ["-m", training.__name__],
            settings={},
            environment={"DATAFLOWXPRESS_JVM": f"-XX:ArchiveClassesAtExit={made}"},
        )
        try:
            ran.wait(_MINUTES * 60)
        finally:
            process.kill(ran)
    if ran.returncode != 0 or not made.is_file():
        said = (folder / "error.log").read_text()[-2000:]
        raise RuntimeError(f"Spark's class archive was not made:\n{said}")
    made.rename(spark.archive)


def _root(aws: Aws) -> Credentials:
    given = aws.client("sts").get_session_token()["Credentials"]
    return Credentials(aws, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
