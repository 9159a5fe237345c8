"""Glue job: converts the crawled objects to Parquet with Spark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Key
from dataflowxpress.api.run_states import ACTIVE
from dataflowxpress.aws.errors import raise_failed_entries
from dataflowxpress.aws.paging import pages
from dataflowxpress.planning.diff import Sensitive
from dataflowxpress.planning.resource import Resource, State, Tags

from .log_group import LogGroup
from .object import Object
from .role import Role
from .security_configuration import SecurityConfiguration

STOPPABLE = ACTIVE - {"STOPPING"}


@dataclass(frozen=True, kw_only=True)
class Job(Resource):
    """A Spark job; the operator manages all settings, because UpdateJob replaces all of them."""

    service = "glue"
    arn_format = "arn:{partition}:glue:{region}:{account}:job/{name}"
    modified = "LastModifiedOn"
    lists = True

    role: Role
    script: Object | str  # or the URI of a custom script
    modules: Object | None = None  # a zip with the modules that the script imports
    arguments: Mapping[str, str]
    log_groups: tuple[LogGroup | str, ...] = ()  # or the names of groups that all jobs share
    glue_version: str = "5.0"
    worker_type: str = "G.1X"
    workers: int = 2
    timeout_minutes: int = 60
    max_retries: int = 0
    execution_class: str = "STANDARD"
    max_concurrent_runs: int = 1
    connection: str = ""  # to a VPC; empty: the network of Glue
    security_configuration: SecurityConfiguration | None = None

    def desired(self) -> State:
        script = self.script.uri if isinstance(self.script, Object) else self.script
        modules = {"--extra-py-files": self.modules.uri} if self.modules else {}
        return {
            "Role": self.role.arn,
            "Command": {"Name": "glueetl", "ScriptLocation": script, "PythonVersion": "3"},
            "DefaultArguments": Sensitive(
                {"--job-language": "python", **modules, **self.arguments}
            ),
            "Connections": {"Connections": [self.connection] if self.connection else []},
            "GlueVersion": self.glue_version,
            "WorkerType": self.worker_type,
            "NumberOfWorkers": self.workers,
            "Timeout": self.timeout_minutes,
            "MaxRetries": self.max_retries,
            "ExecutionClass": self.execution_class,
            "ExecutionProperty": {"MaxConcurrentRuns": self.max_concurrent_runs},
            "SecurityConfiguration": (
                self.security_configuration.name if self.security_configuration else ""
            ),
        }

    @property
    def log_group_names(self) -> list[str]:
        """The names of the log groups of the job's runs."""
        return [group if isinstance(group, str) else group.name for group in self.log_groups]

    @staticmethod
    def read(glue: Any, name: str) -> State:
        return _state(glue.get_job(JobName=name)["Job"])

    @staticmethod
    def list_all(glue: Any) -> Iterator[Mapping[Key, State]]:
        for page in pages(glue, "get_jobs"):
            yield {(each["Name"],): _state(each) for each in page["Jobs"]}

    def create(self, glue: Any, want: State, tags: Tags) -> None:
        glue.create_job(Name=self.name, Tags=dict(tags), **_given(want))

    def update(self, glue: Any, want: State, changed: frozenset[str]) -> None:
        glue.update_job(JobName=self.name, JobUpdate=_given(want))

    @staticmethod
    def work(glue: Any, name: str) -> str:
        runs = _stoppable(glue, name)
        return f"run {', '.join(runs)}" if runs else ""

    @staticmethod
    def delete(glue: Any, name: str) -> None:
        """Stop the active runs, which would continue without the job, and delete the job."""
        if runs := _stoppable(glue, name):
            _stop(glue, name, runs)
        glue.delete_job(JobName=name)


def _given(want: State) -> dict[str, Any]:
    """Return the arguments without an empty security configuration, which Glue rejects.

    UpdateJob removes what it is not given.
    """
    return {name: value for name, value in want.items() if value != ""}


def _state(job: Mapping[str, Any]) -> State:
    connections = (job.get("Connections") or {}).get("Connections", [])
    return {"SecurityConfiguration": "", **job, "Connections": {"Connections": connections}}


def _stoppable(glue: Any, name: str) -> list[str]:
    runs = (run for page in pages(glue, "get_job_runs", JobName=name) for run in page["JobRuns"])
    return [run["Id"] for run in runs if run["JobRunState"] in STOPPABLE]


def _stop(glue: Any, name: str, runs: list[str]) -> None:
    response = glue.batch_stop_job_run(JobName=name, JobRunIds=runs)
    raise_failed_entries("BatchStopJobRun", response)
