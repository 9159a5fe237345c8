"""Status: the observed state of a DataPipeline; docstrings become descriptions in the CRD."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .resource_id import Id
from .run_states import is_active
from .timestamps import format_time, parse_time

ResourceState = Literal["Ready", "Pending", "Failed", "Refused", "Deleting"]


class StatusModel(BaseModel):
    """The common configuration of all parts of the status."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class Condition(StatusModel):
    """A condition in the form of metav1.Condition."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    observed_generation: int
    last_transition_time: str


class ResourceStatus(StatusModel):
    """The status of one AWS resource; all of them together are the inventory."""

    kind: str
    """The kind of the resource, for example `Crawler`."""

    name: str
    """The name of the resource in AWS."""

    key: tuple[str, ...]
    """The identifiers that the operator needs to find the resource again."""

    arn: str = ""
    """The ARN, if the resource has one."""

    state: ResourceState
    """`Ready`: as specified. `Pending`: waits for AWS, another resource or a person. `Failed`: an
    operation failed. `Refused`: exists, but does not belong to this pipeline. `Deleting`: the
    operator deletes it."""

    message: str = ""
    """Why the resource is not ready."""

    requested_at: str = ""
    """When an email address was last asked to confirm its subscription. The operator asks again
    only for the annotation `dataflowxpress.io/subscribe-requested-at`."""

    @property
    def id(self) -> Id:
        """Kind and key."""
        return Id(self.kind, self.key)


class Crawl(StatusModel):
    """A crawl."""

    state: str
    """`Running`, `Succeeded`, `Failed` or `Cancelled`."""

    started: str = ""
    """The start time."""

    error: str = ""
    """The error of a failed crawl."""


class Run(StatusModel):
    """One run of the job."""

    id: str
    """The ID of the run in Glue."""

    state: str
    """The state in Glue: `STARTING`, `RUNNING`, `STOPPING` or `WAITING`; `SUCCEEDED`; `FAILED`,
    `TIMEOUT`, `STOPPED`, `ERROR` or `EXPIRED`."""

    started: str = ""
    """The start time."""

    seconds: int
    """The execution time in seconds."""

    dpu_seconds: int | None = None
    """The DPU-seconds of the run, by which AWS bills it, with a minimum of one minute; absent if
    AWS does not report the capacity."""

    flex: bool = False
    """Whether it used spare capacity (`job.executionClass: FLEX`), for which AWS bills less."""

    objects: int | None = None
    """Number of uploaded objects that it converted; absent if the job runs a custom script."""

    rows_read: int | None = None
    """Number of rows in these objects; absent if the job runs a custom script."""

    rows_written: int | None = None
    """Number of these rows in the Parquet; absent if the job runs a custom script."""

    rows_rejected: int | None = None
    """Number of rejected rows: `dataflowxpress rejects` shows them, each with its reason.
    Absent if the job runs a custom script."""

    error: str = ""
    """Why it failed."""

    rejects: str = ""
    """The objects with rejected rows or without any row, each with the reason."""

    type_changes: str = ""
    """The columns that got a wider type, each with a value that needs it."""

    @property
    def ended(self) -> str:
        """When it ended, by its start and its execution time; empty before, or without a start."""
        if not self.started or is_active(self.state):
            return ""
        return format_time(parse_time(self.started) + timedelta(seconds=self.seconds))


class RefusedObject(StatusModel):
    """An uploaded object of which no row is in the Parquet."""

    key: str
    """The key of the object."""

    reason: str
    """Why the job cannot read it, or why it rejects all its rows."""


class Table(StatusModel):
    """The current files of a table; of an Iceberg table, as its newest run has left them."""

    name: str
    """The name of the source table; the rows are in the table of this name with `_parquet` or
    `_iceberg`."""

    format: Literal["Parquet", "Iceberg"] = "Parquet"
    """The format of the files."""

    rows: int
    """Number of rows in the files."""

    bytes: int
    """The size of the files."""

    files: int
    """Number of files."""

    batches: int = 0
    """Number of batches, each of which is a value of the partition column `dfx_batch`; 0 for an
    Iceberg table."""

    small_files: int = 0
    """Number of files that are smaller than 16 MiB; not counted for an Iceberg table."""

    replaced_since: str = ""
    """When the oldest files were replaced that are not deleted yet. The first run after
    `target.replacedFileRetentionMinutes` deletes them. Empty if there are none."""

    warning: str = ""
    """Why the files slow queries down, and the field to change; empty if they do not."""


class Data(StatusModel):
    """The state of the data, over all runs."""

    objects: int | None = None
    """Number of converted objects; absent if the job runs a custom script."""

    rows: int | None = None
    """Number of rows in their Parquet; absent if the job runs a custom script."""

    rejected: int | None = None
    """Number of rows that did not fit; absent if the job runs a custom script."""

    refused: int | None = None
    """Number of uploaded objects of which no row is in the Parquet: the job cannot read them, or
    rejects all their rows. Absent if the job runs a custom script."""

    refused_objects: tuple[RefusedObject, ...] = ()
    """The newest ten of these objects, each with the reason."""

    waiting: int | None = None
    """Number of uploaded objects that are not converted; absent if the job runs a custom script."""

    dead_letters: int
    """Number of messages in the dead-letter queues."""

    table_count: int | None = None
    """Number of tables with files; absent if the job runs a custom script."""

    tables: tuple[Table, ...] = ()
    """Up to 20 of these tables by name: those with a warning, then the largest."""


class Usage(StatusModel):
    """The runs and crawls that AWS bills and that started in one hour."""

    hour: str
    """The start of the hour."""

    runs: int = 0
    """Number of ended runs."""

    dpu_seconds: int = 0
    """The DPU-seconds of these runs, with the minimum of one minute that AWS bills for each."""

    flex_dpu_seconds: int = 0
    """The same of the runs that used spare capacity."""

    crawls: int = 0
    """Number of ended crawls."""


class Recovery(StatusModel):
    """Unfinished work that nothing processed, and the operator's attempts to resume it."""

    reason: str
    """The kind of unfinished work: `ObjectsWaiting`, `RunMissing`, `CrawlFailed`, `RunFailed`,
    `ReprocessPending` or `QueueNotConsumed`."""

    message: str
    """A description of the unfinished work."""

    last_action: str = ""
    """The action of the last attempt."""

    attempts: int = 0
    """The number of attempts; uploads, a new spec and a run request reset it."""

    last_attempt: str = ""
    """The time of the last attempt; the delay doubles with each attempt."""

    backoff_limit_exceeded: bool = False
    """Whether the operator has stopped its attempts, because none of them led to progress."""

    work: str
    """A hash of the unfinished work; it changes with the work."""


class Reprocess(StatusModel):
    """The result of a request to reprocess the objects under a prefix."""

    prefix: str
    """The value of the annotation `dataflowxpress.io/reprocess` that this answers."""

    result: str
    """`Requested`, or why the request was refused."""


class Drift(StatusModel):
    """A resource that differs from the spec."""

    resource: str
    """The kind and name of the resource."""

    action: str = ""
    """The action that would correct it: `create`, `update`, `replace` or `delete`; `refuse` if the
    operator cannot."""

    changes: tuple[str, ...] = ()
    """Each property with its old and new value, or why the operator refuses to change it."""

    since: str = ""
    """The time of the last change in AWS; empty if AWS does not report it."""


class Status(StatusModel):
    """The observed state of a DataPipeline."""

    observed_generation: int = 0
    """The generation of the spec that this status describes."""

    applied_generation: int = 0
    """The last generation that was applied in full: any later difference from it is drift."""

    last_compared_at: str = ""
    """When the operator last compared AWS with the spec. The operator writes it with every other
    change of the status, and alone at most once in nine minutes: with a `resyncInterval` below
    that, a later comparison is possible."""

    conditions: tuple[Condition, ...] = ()
    """`Ready`, `Reconciling`, `Stalled`, `Drifted`, `DataCurrent` and `SubscriptionsConfirmed`."""

    resources: tuple[ResourceStatus, ...] = ()
    """The pipeline's AWS resources with their states."""

    last_crawl: Crawl | None = None
    """The last crawl. Unless `crawler.when` is `Always`, many runs can follow it."""

    runs: tuple[Run, ...] = ()
    """The last ten runs of the job, newest first."""

    data: Data | None = None
    """The state of the data, over all runs."""

    usage: tuple[Usage, ...] = ()
    """The runs and crawls of the last day with any, by the hour in which they started."""

    recovery: Recovery | None = None
    """Unfinished work and the attempts to resume it, if any."""

    drift: tuple[Drift, ...] = ()
    """Differences from the spec, if `driftPolicy` is `Report` or a plan is requested."""

    tag_keys: tuple[str, ...] = ()
    """Tag keys from the spec that resources carry: the operator removes those that leave the
    spec."""

    reconcile_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/reconcile-requested-at`."""

    run_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/run-requested-at`."""

    redrive_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/redrive-requested-at`."""

    subscribe_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/subscribe-requested-at`."""

    reprocess: Reprocess | None = None
    """The last request to reprocess objects."""

    def __getitem__(self, condition: str) -> Condition | None:
        return next((c for c in self.conditions if c.type == condition), None)

    def holds(self, condition: str) -> bool:
        """Return whether a condition is True."""
        found = self[condition]
        return found is not None and found.status == "True"

    def as_json(self) -> dict[str, Any]:
        """Return the status for the API server, without defaults."""
        return self.model_dump(by_alias=True, mode="json", exclude_defaults=True, exclude_none=True)

    @property
    def inventory(self) -> tuple[Id, ...]:
        """The resources that the operator has created or is about to create, in that order."""
        return tuple(each.id for each in self.resources if each.state != "Refused")
