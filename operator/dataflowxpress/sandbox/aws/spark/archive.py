"""Class archive: what a JVM has loaded and checked after a typical job, kept for all later ones.

Made once per home by a job of our own, in the background and at low priority, in an AWS account
that nobody else uses. Without it everything works, only slower.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ministack.services import sts

from dataflowxpress.sandbox.aws.service_role import Session
from dataflowxpress.sandbox.aws.spark import home, process, training

if TYPE_CHECKING:
    from dataflowxpress.sandbox.aws import Aws

logger = logging.getLogger("dataflowxpress.spark")

_ROOT = "arn:aws:iam::999999999999:root"


def train_in_background(aws: Aws) -> None:
    """Make the archive where there is none yet."""
    threading.Thread(target=_train, args=(aws,), name="training", daemon=True).start()


def _train(aws: Aws) -> None:
    try:
        spark = home.prepare()
        if not spark.archive.is_file():
            _make(aws, spark)
    except (OSError, RuntimeError) as error:
        # A job that needs Spark will say so itself, and to the one who waits for it.
        logger.warning("Spark is not prepared: %s", error)


def _make(aws: Aws, spark: home.Home) -> None:
    with (spark.path / "training.lock").open("w") as lock, contextlib.suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # somebody else is at it otherwise
        for abandoned in spark.path.glob("training.*/"):
            shutil.rmtree(abandoned)
        folder = Path(tempfile.mkdtemp(prefix="training.", dir=spark.path))
        try:
            (folder / "tmp").mkdir()
            made = folder / "classes.jsa"
            ran = process.Place(spark, _root_of_another_account(aws), folder).start(
                ["-m", training.__name__],
                settings={},
                environment={"DATAFLOWXPRESS_JVM": f"-XX:ArchiveClassesAtExit={made}"},
            )
            if ran.wait() == 0 and made.is_file():
                made.rename(spark.archive)
                logger.info("Spark's class archive is made: jobs start faster from now on")
            else:
                logger.warning("no class archive: %s", (folder / "error.log").read_text()[-2000:])
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _root_of_another_account(aws: Aws) -> Session:
    session = Session(
        aws, f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(32)
    )
    registered = {
        "Arn": _ROOT,
        "PrincipalType": "Root",
        "UserId": _ROOT.split(":")[4],
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
    }
    sts.register_session(session.access_key, registered)
    return session
