"""Jobs: the Glue operations for jobs, job runs and bookmarks."""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Any

from ministack.services import glue

from dataflowxpress_sandbox.aws.spark.jvms import Jvms

from .errors import GlueError, invalid, not_found
from .job_run import JobRun, Workshop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dataflowxpress_sandbox.aws import Aws

_DEFINITION = (
    *("Description", "LogUri", "Role", "ExecutionProperty", "Command", "DefaultArguments"),
    *("NonOverridableArguments", "Connections", "MaxRetries", "Timeout", "MaxCapacity"),
    *("SecurityConfiguration", "NotificationProperty", "GlueVersion", "NumberOfWorkers"),
    *("WorkerType", "ExecutionClass", "MaintenanceWindow", "JobMode", "JobRunQueuingEnabled"),
)
_DEFAULTS = {
    "MaxRetries": 0,
    "Timeout": 480,
    "GlueVersion": "5.0",
    "ExecutionProperty": {"MaxConcurrentRuns": 1},
    "JobMode": "SCRIPT",
}
_OF_A_RUN = (
    *("Timeout", "WorkerType", "NumberOfWorkers", "MaxCapacity", "SecurityConfiguration"),
    *("GlueVersion", "ExecutionClass", "NotificationProperty"),
)
_UNITS = {"G.025X": 0.25, "G.1X": 1.0, "G.2X": 2.0, "G.4X": 4.0, "G.8X": 8.0, "Standard": 1.0}


class Jobs:
    """All jobs of the server and their active runs."""

    def __init__(self, aws: Aws, directory: Path) -> None:
        self._aws = aws
        self._workshop = Workshop(directory / "logs" / "jobs", Jvms(directory / "tmp"))
        self._lock = threading.RLock()
        self._running: dict[str, JobRun] = {}
        self._bookmarks: dict[str, dict[str, Any]] = {}

    def operations(self) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
        """Return the operations by name."""
        return {
            "CreateJob": self.create,
            "UpdateJob": self.update,
            "DeleteJob": self.delete,
            "StartJobRun": self.start,
            "GetJobRun": self.get_run,
            "GetJobRuns": self.get_runs,
            "BatchStopJobRun": self.stop,
            "GetJobBookmark": self.get_bookmark,
            "ResetJobBookmark": self.reset_bookmark,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateJob."""
        name = request.get("Name")
        if not name or not request.get("Role") or not request.get("Command"):
            raise invalid("A job needs a Name, a Role and a Command")
        with self._lock:
            if name in glue._jobs:
                raise GlueError("AlreadyExistsException", f"Job with name {name} already exists")
            now = time.time()
            glue._jobs[name] = {**_definition(name, request), "CreatedOn": now}
            glue._job_runs[name] = []
        if request.get("Tags"):
            glue._tags[glue._arn("job", name)] = dict(request["Tags"])
        return {"Name": name}

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateJob: properties that the update lacks are reset, like on AWS."""
        job = self._job(request.get("JobName"))
        created = {"CreatedOn": job["CreatedOn"]}
        glue._jobs[job["Name"]] = {**_definition(job["Name"], request["JobUpdate"]), **created}
        return {"JobName": job["Name"]}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteJob: succeeds if the job does not exist; active runs continue."""
        name = request.get("JobName", "")
        glue._jobs.pop(name, None)
        glue._job_runs.pop(name, None)
        glue._tags.pop(glue._arn("job", name), None)
        self._bookmarks.pop(glue._arn("job", name), None)
        return {"JobName": name}

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """StartJobRun."""
        with self._lock:
            job = self._job(request.get("JobName"))
            allowed = job["ExecutionProperty"]["MaxConcurrentRuns"]
            runs = glue._job_runs[job["Name"]]
            if sum(run["JobRunState"] in JobRun.LIVE for run in runs) >= allowed:
                raise GlueError(
                    "ConcurrentRunsExceededException", f"Concurrent runs exceeded for {job['Name']}"
                )
            run_id = f"jr_{secrets.token_hex(32)}"
            self._launch(job, request, run_id, attempt=0)
        return {"JobRunId": run_id}

    def _launch(
        self, job: dict[str, Any], request: dict[str, Any], run_id: str, attempt: int
    ) -> None:
        now = time.time()
        overridden = {key: request[key] for key in _OF_A_RUN if key in request}
        record = {
            **{key: job[key] for key in _OF_A_RUN if key in job},
            **overridden,
            "Id": run_id,
            "JobName": job["Name"],
            "JobMode": job["JobMode"],
            "Attempt": attempt,
            "JobRunState": "STARTING",
            "StartedOn": now,
            "LastModifiedOn": now,
            "ExecutionTime": 0,
            "LogGroupName": "/aws-glue/jobs",
            "PredecessorRuns": [],
        }
        if request.get("Arguments"):
            record["Arguments"] = request["Arguments"]
        glue._job_runs.setdefault(job["Name"], []).append(record)
        bookmark = self._bookmarks.setdefault(glue._arn("job", job["Name"]), {})
        run = JobRun(self._aws, self._workshop, dict(job), record, bookmark)
        self._running[run_id] = run
        run.start(then=lambda: self._ended(run, job, request))

    def _ended(self, run: JobRun, job: dict[str, Any], request: dict[str, Any]) -> None:
        with self._lock:
            del self._running[run.record["Id"]]
            attempt = run.record["Attempt"] + 1
            retry = run.record["JobRunState"] == "FAILED" and attempt <= job["MaxRetries"]
            if retry and not run.ending:
                first = run.record["Id"].partition("_attempt_")[0]
                self._launch(job, request, f"{first}_attempt_{attempt}", attempt)

    def get_run(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetJobRun."""
        return {"JobRun": self._run(request.get("JobName"), request.get("RunId"))}

    def get_runs(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetJobRuns: latest first."""
        job = self._job(request.get("JobName"))
        runs = glue._job_runs[job["Name"]][::-1]
        begin = int(request.get("NextToken") or 0)
        end = begin + int(request.get("MaxResults") or 200)
        return {"JobRuns": runs[begin:end]} | ({"NextToken": str(end)} if runs[end:] else {})

    def stop(self, request: dict[str, Any]) -> dict[str, Any]:
        """BatchStopJobRun: runs are STOPPING at once, and STOPPED when Spark has ended."""
        response: dict[str, Any] = {"SuccessfulSubmissions": [], "Errors": []}
        for run_id in request.get("JobRunIds", []):
            submission = {"JobName": request.get("JobName"), "JobRunId": run_id}
            try:
                self._stop(self._run(submission["JobName"], run_id))
                response["SuccessfulSubmissions"].append(submission)
            except GlueError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                response["Errors"].append({**submission, "ErrorDetail": detail})
        return response

    def _stop(self, record: dict[str, Any]) -> None:
        run = self._running.get(record["Id"])
        if run is None or not run.stop():
            raise invalid(f"Job run {record['Id']} is in state {record['JobRunState']}")

    def get_bookmark(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetJobBookmark."""
        job = self._job(request.get("JobName"))
        bookmark = self._bookmarks.get(glue._arn("job", job["Name"]))
        if not bookmark:
            raise not_found("Continuation for job", job["Name"])
        return {"JobBookmarkEntry": bookmark}

    def reset_bookmark(self, request: dict[str, Any]) -> dict[str, Any]:
        """ResetJobBookmark: the next run reads all objects again."""
        entry = self.get_bookmark(request)["JobBookmarkEntry"]
        entry["Version"] = entry.get("Version", 0) + 1
        entry.update(Run=0, Attempt=0, JobBookmark="{}")
        return {"JobBookmarkEntry": dict(entry)}

    def end(self) -> None:
        """Stop all runs because the server stops."""
        for run in list(self._running.values()):
            run.end()
        self._workshop.jvms.end()

    def _job(self, name: str | None) -> dict[str, Any]:
        job: dict[str, Any] | None = glue._jobs.get(name)
        if job is None:
            raise not_found("Job", name)
        return job

    def _run(self, job: str | None, run_id: str | None) -> dict[str, Any]:
        for run in glue._job_runs.get(job, []):
            if run["Id"] == run_id:
                return dict(run)
        raise not_found("Job run", run_id)


def _definition(name: str, given: dict[str, Any]) -> dict[str, Any]:
    job = {**_DEFAULTS, **{key: given[key] for key in _DEFINITION if key in given}}
    if "NumberOfWorkers" in job:
        units = _UNITS.get(job.get("WorkerType", "G.1X"), 1.0)
        job["MaxCapacity"] = units * job["NumberOfWorkers"]
    if "MaxCapacity" in job:
        job["AllocatedCapacity"] = int(job["MaxCapacity"])
    return {**job, "Name": name, "LastModifiedOn": time.time()}
