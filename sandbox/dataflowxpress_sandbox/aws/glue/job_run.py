"""Job run: one execution of a job's script on real Spark, in its own process group."""

from __future__ import annotations

import contextvars
import json
import logging
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from dataflowxpress_sandbox.aws import events, service_role
from dataflowxpress_sandbox.aws.service_role import CannotAssumeError

from . import job_logs, job_process, network
from .network import CannotConnectError
from .security import Security

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dataflowxpress_sandbox.aws import Aws
    from dataflowxpress_sandbox.aws.credentials import Credentials
    from dataflowxpress_sandbox.aws.spark import process
    from dataflowxpress_sandbox.aws.spark.jvms import Jvms

logger = logging.getLogger("dataflowxpress.glue.jobs")

_MESSAGES = {
    "SUCCEEDED": "Job run succeeded",
    "STOPPED": "Job run stopped",
    "TIMEOUT": "Job run timed out",
}


class Workshop(NamedTuple):
    """What all runs share: the folder of their logs, and the JVMs."""

    logs: Path
    jvms: Jvms


class JobRun:
    """A run, from STARTING to its end; GetJobRun returns its record."""

    LIVE: ClassVar = {"STARTING", "RUNNING", "STOPPING"}

    def __init__(
        self,
        aws: Aws,
        workshop: Workshop,
        job: dict[str, Any],
        record: dict[str, Any],
        bookmark: dict[str, Any],
    ) -> None:
        self.record = record
        self.ending = False
        self._aws = aws
        self._job = job
        self._bookmark = bookmark
        self._folder = workshop.logs / record["Id"]
        self._jvms = workshop.jvms
        self._lock = threading.Lock()
        self._process: process.Running | None = None

    def start(self, then: Callable[[], None]) -> None:
        """Run in the background, and call `then` at the end."""
        # Context variables hold the account and region of the caller.
        context = contextvars.copy_context()
        run = threading.Thread(
            target=context.run, args=(self._live, then), name=self.record["Id"], daemon=True
        )
        run.start()

    def stop(self) -> bool:
        """Stop the run; return whether it was active."""
        with self._lock:
            if self.record["JobRunState"] not in {"STARTING", "RUNNING"}:
                return False
            self._set("STOPPING")
            self._kill()
        return True

    def end(self) -> None:
        """Stop the run because the server stops."""
        self.ending = True
        self.stop()

    def _live(self, then: Callable[[], None]) -> None:
        try:
            state, error = self._execute()
        except CannotAssumeError as refused:
            state, error = "FAILED", f"Failed to assume the job's role: {refused}"
        except (BotoCoreError, ClientError, CannotConnectError, OSError, RuntimeError) as failed:
            logger.exception("cannot launch run %s", self.record["Id"])
            state, error = "FAILED", f"LAUNCH ERROR | {failed}"
        with self._lock:
            if self.record["JobRunState"] == "STOPPING":
                state, error = "STOPPED", ""
            self._finish(state, error)
        then()
        failure = (
            f"JobName:{self._job['Name']} and JobRunId:{self.record['Id']} failed to execute"
            f" with exception {error}"
        )
        message = _MESSAGES.get(state, failure)
        events.job_state_changed(self._job["Name"], self.record["Id"], state, message)

    def _execute(self) -> tuple[str, str]:
        credentials = service_role.assume(self._aws, self._job["Role"], "GlueJobRunnerSession")
        network.connect(credentials, (self._job.get("Connections") or {}).get("Connections", ()))
        self._folder.mkdir(parents=True)
        launch = job_process.Launch(self._job, self.record, credentials, self._folder)
        security = self._secure(credentials, launch)
        launch.bookmark.write_text(self._bookmark.get("JobBookmark", "{}"))
        launch.fetch()
        with self._lock:
            if self.record["JobRunState"] == "STOPPING":
                return "STOPPED", ""
            self._process = launch.start(self._jvms)
            self._set("RUNNING")
        started = time.monotonic()
        try:
            ended = self._wait(self._process, launch)
        finally:
            self.record["ExecutionTime"] = round(time.monotonic() - started)
            if self.record.get("ExecutionClass") == "FLEX":  # Glue reports it only then
                units = self.record["MaxCapacity"]
                self.record["DPUSeconds"] = float(units * self.record["ExecutionTime"])
            self._kill()
        self._ship_logs(credentials, launch, security)
        return ended

    def _wait(self, running: process.Running, launch: job_process.Launch) -> tuple[str, str]:
        if not running.ends(self.record["Timeout"] * 60):
            return "TIMEOUT", f"Job run timed out after {self.record['Timeout']} minutes"
        error = launch.error()
        if error is None:
            self._keep_bookmark()
            return "SUCCEEDED", ""
        return "FAILED", error

    def _keep_bookmark(self) -> None:
        state = (self._folder / "bookmark.json").read_text()
        if state in ("{}", self._bookmark.get("JobBookmark")):
            return
        self._bookmark.update(
            JobName=self._job["Name"],
            Version=self._bookmark.get("Version", 0) + 1,
            Run=self._bookmark.get("Run", 0) + 1,
            Attempt=self.record["Attempt"],
            PreviousRunId=self._bookmark.get("RunId", ""),
            RunId=self.record["Id"],
            JobBookmark=state,
        )

    def _secure(self, credentials: Credentials, launch: job_process.Launch) -> Security:
        """Apply the security configuration of the run with the rights of the role."""
        configuration = self.record.get("SecurityConfiguration", "")
        security = Security.of(credentials, configuration, self._job["Role"])
        version = self.record["GlueVersion"]
        copies = job_logs.copies(self.record["Id"], version, launch.arguments, security)
        security.encrypt_logs(credentials, [each.group for each in copies])
        security.encrypt_bookmarks(credentials, launch.arguments)
        return security

    def _ship_logs(
        self, credentials: Credentials, launch: job_process.Launch, security: Security
    ) -> None:
        try:
            version = self.record["GlueVersion"]
            job_logs.ship(credentials.client("logs"), self.record["Id"], version, launch, security)
        except (BotoCoreError, ClientError) as refused:
            logger.warning(
                "cannot write the logs of %s to CloudWatch, see %s: %s",
                self.record["Id"],
                self._folder,
                refused,
            )

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _set(self, state: str) -> None:
        self.record.update(JobRunState=state, LastModifiedOn=time.time())

    def _finish(self, state: str, error: str) -> None:
        if error:
            self.record["ErrorMessage"] = error
        self.record["CompletedOn"] = time.time()
        self._set(state)
        for scratch in ("tmp", "lib"):
            shutil.rmtree(self._folder / scratch, ignore_errors=True)
        summary = {key: self.record.get(key) for key in ("JobName", "JobRunState", "ErrorMessage")}
        logger.info("run %s: %s", self.record["Id"], json.dumps(summary))
