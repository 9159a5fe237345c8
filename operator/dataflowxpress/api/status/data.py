"""Data: the crawls and runs of a pipeline, its objects and tables, and unfinished work."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from dataflowxpress.api.run_states import is_active
from dataflowxpress.api.timestamps import format_time, parse_time

from .model import StatusModel


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
