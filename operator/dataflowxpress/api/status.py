"""Status: all that a DataPipeline says about itself; docstrings become descriptions in the CRD."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from .resource_id import Id

ResourceState = Literal["Ready", "Pending", "Failed", "Refused", "Deleting"]

TIME = "%Y-%m-%dT%H:%M:%SZ"


class StatusModel(BaseModel):
    """What all parts of the status share."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class Condition(StatusModel):
    """One statement that holds or not, as Kubernetes' own conditions."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    observed_generation: int
    last_transition_time: str


class ResourceStatus(StatusModel):
    """One resource in AWS; all lines together are the inventory."""

    kind: str
    """The kind of resource, for example `Crawler`."""

    name: str
    """Its name in AWS."""

    key: tuple[str, ...]
    """What is needed to find it again."""

    arn: str = ""
    """Its ARN, where it has one."""

    state: ResourceState
    """`Ready`: as specified. `Pending`: waits for AWS, another resource or a person. `Refused`:
    what is there is not ours."""

    message: str = ""
    """Why it is not ready."""

    @property
    def id(self) -> Id:
        """What the line stands for."""
        return Id(self.kind, self.key)


class Crawl(StatusModel):
    """The last crawl."""

    state: str
    """`Running`, `Succeeded`, `Failed` or `Cancelled`."""

    started: str = ""
    """When it began."""

    error: str = ""
    """Why it failed."""


class Run(StatusModel):
    """One run of the job."""

    id: str
    """Glue's id of the run."""

    state: str
    """The state in Glue: `STARTING`, `RUNNING`, `STOPPING` or `WAITING`; `SUCCEEDED`; `FAILED`,
    `TIMEOUT`, `STOPPED`, `ERROR` or `EXPIRED`."""

    started: str = ""
    """When it began."""

    seconds: int
    """How long it took."""

    objects: int | None = None
    """Number of uploaded objects that it converted; absent if the job runs a custom script."""

    rows_read: int | None = None
    """Number of rows in these objects; absent if the job runs a custom script."""

    rows_written: int | None = None
    """Number of these rows in the Parquet; absent if the job runs a custom script."""

    rows_rejected: int | None = None
    """Number of rows that did not fit: the job keeps them under `dataflowxpress/rejected/<id>/`.
    Absent if the job runs a custom script."""

    error: str = ""
    """Why it failed."""

    rejects: str = ""
    """The objects that have rejected rows, each with the reason."""


class Data(StatusModel):
    """Where the data is, over all runs."""

    objects: int | None = None
    """Number of converted objects; absent if the job runs a custom script."""

    rows: int | None = None
    """Number of rows in their Parquet; absent if the job runs a custom script."""

    rejected: int | None = None
    """Number of rows that did not fit; absent if the job runs a custom script."""

    waiting: int | None = None
    """Number of uploaded objects that are not converted; absent if the job runs a custom script."""

    dead_letters: int
    """Number of messages in the dead-letter queues."""


class Recovery(StatusModel):
    """What was left to do while nothing moved, and what was done about it."""

    reason: str
    """Why there is unfinished work: `ObjectsWaiting`, `RunMissing`, `CrawlFailed`, `RunFailed`,
    `ReprocessPending` or `QueueNotConsumed`."""

    message: str
    """The same in words."""

    did: str = ""
    """What the last attempt was."""

    attempts: int = 0
    """How often it was tried; uploads, a new spec and a request begin anew."""

    last_attempt: str = ""
    """When it was tried last; the next attempt waits twice as long as this one did."""

    backoff_limit_exceeded: bool = False
    """Whether it is not tried any more, because nothing changed."""

    work: str
    """Stands for what was left: another text is other work."""


class Reprocess(StatusModel):
    """What became of a wish to convert again what lies under a prefix."""

    prefix: str
    """The value of the annotation `dataflowxpress.io/reprocess` that this answers."""

    answer: str
    """`Requested`, or why not."""


class Drift(StatusModel):
    """A resource that is not as the spec says."""

    resource: str
    """Kind and name."""

    action: str = ""
    """What would put it right: `create`, `update`, `replace`, `delete`, or `refuse`."""

    changes: tuple[str, ...] = ()
    """Each property with its old and new value, or why it is refused."""

    since: str = ""
    """When AWS saw the last change of the resource; empty where AWS does not tell."""


class Status(StatusModel):
    """All that a DataPipeline says about itself."""

    observed_generation: int = 0
    """The generation of the spec that the rest is about."""

    applied_generation: int = 0
    """The last generation that was true in AWS: what differs from it since then is drift."""

    last_compared_at: str = ""
    """When the operator last compared AWS with the spec. The operator writes it with every other
    change of the status, and alone at most once in nine minutes: with a `resyncInterval` below
    that, a later comparison is possible."""

    conditions: tuple[Condition, ...] = ()
    """`Ready`, `Reconciling`, `Stalled`, `Drifted`, `DataCurrent` and `SubscriptionsConfirmed`."""

    resources: tuple[ResourceStatus, ...] = ()
    """Each resource in AWS with its state."""

    last_crawl: Crawl | None = None
    """The last crawl."""

    runs: tuple[Run, ...] = ()
    """The last ten runs of the job, the newest first."""

    data: Data | None = None
    """Where the data is, over all runs."""

    recovery: Recovery | None = None
    """What stands still, and was asked to go on."""

    drift: tuple[Drift, ...] = ()
    """What is not as the spec says, where `driftPolicy` is `Report` or a plan was asked for."""

    tag_keys: tuple[str, ...] = ()
    """The keys of tags of the spec that resources carry: they go when the spec drops them."""

    reconcile_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/reconcile-requested-at`."""

    run_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/run-requested-at`."""

    redrive_handled_at: str = ""
    """The last handled value of the annotation `dataflowxpress.io/redrive-requested-at`."""

    reprocess: Reprocess | None = None
    """The last wish to convert objects again."""

    def __getitem__(self, condition: str) -> Condition | None:
        return next((c for c in self.conditions if c.type == condition), None)

    def holds(self, condition: str) -> bool:
        """Say whether it is known to hold."""
        found = self[condition]
        return found is not None and found.status == "True"

    def as_json(self) -> dict[str, Any]:
        """Return it as the API server takes it, without what says nothing."""
        return self.model_dump(by_alias=True, mode="json", exclude_defaults=True, exclude_none=True)

    @property
    def inventory(self) -> tuple[Id, ...]:
        """What we made, or are about to make, in that order."""
        return tuple(line.id for line in self.resources if line.state != "Refused")
