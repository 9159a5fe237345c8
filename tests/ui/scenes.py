"""Scenes: pipelines with the status that the operator writes for them."""

from __future__ import annotations

from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import (
    Condition,
    Crawl,
    Data,
    Drift,
    RefusedObject,
    ResourceStatus,
    Run,
    Status,
    Table,
    Usage,
)
from dataflowxpress.api.timestamps import format_now
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Scope

Body = dict[str, Any]
GOOD = {
    "Ready": ("True", "Converged", "38 resources are as specified"),
    "Reconciling": ("False", "Settled", ""),
    "Stalled": ("False", "Progressing", ""),
    "Drifted": ("False", "NoDrift", ""),
    "SubscriptionsConfirmed": ("True", "Confirmed", ""),
    "DataCurrent": ("True", "Current", "all uploaded objects are converted"),
}
LAST_RUN_FAILED = ("False", "LastRunFailed", "run jr_2 ended FAILED: ValueError: no column id")
SINCE = "2026-11-26T10:00:00Z"


def conditions(**different: tuple[str, str, str]) -> tuple[Condition, ...]:
    """Return good conditions, except these: status, reason and message."""
    return tuple(
        Condition(
            type=name,
            status=status,
            reason=reason,
            message=message,
            observed_generation=1,
            last_transition_time=SINCE,
        )
        for name, (status, reason, message) in {**GOOD, **different}.items()
    )


def resources(owner: str, **spec: Any) -> tuple[ResourceStatus, ...]:
    """Return the resources of a pipeline, all of them ready."""
    found = blueprint(
        DataPipelineSpec.model_validate(spec), Scope(owner, "111122223333", "eu-west-1")
    )
    return tuple(
        ResourceStatus(
            kind=each.id.kind, name=each.id.name, key=each.id.key, arn=each.arn, state="Ready"
        )
        for each in found
    )


def run(number: int, state: str = "SUCCEEDED", **more: Any) -> Run:
    """Return a run, ten minutes after the one before."""
    figures = {} if state == "FAILED" else {"objects": 1, "rows_read": 100 * number}
    written = (
        {} if state == "FAILED" else {"rows_written": 100 * number, "rows_rejected": number % 2}
    )
    return Run(
        id=f"jr_{number}",
        state=state,
        started=f"2026-11-26T09:{10 * number:02}:00Z",
        seconds=30 + number,
        **{**figures, **written, **more},
    )


def status(owner: str, spec: Body | None = None, **different: Any) -> Status:
    """Return the status of a healthy pipeline, with other values in some fields."""
    healthy: Body = {
        "observed_generation": 1,
        "applied_generation": 1,
        "last_compared_at": SINCE,
        "conditions": conditions(),
        "resources": resources(owner, **(spec or {})),
        "last_crawl": Crawl(state="Succeeded", started=SINCE),
        "runs": (run(3), run(2), run(1)),
        "data": Data(objects=3, rows=600, rejected=2, refused=0, waiting=0, dead_letters=0),
        "usage": (Usage(hour=f"{format_now()[:13]}:00:00Z", runs=3, dpu_seconds=45_000),),
    }
    return Status(**{**healthy, **different})


def waiting(owner: str) -> Status:
    """Return the status of a pipeline whose uploads are not converted yet."""
    message = "uploaded objects are not converted yet"
    return status(
        owner,
        conditions=conditions(DataCurrent=("False", "Waiting", message)),
        data=Data(objects=3, rows=600, rejected=2, refused=0, waiting=7, dead_letters=0),
    )


def failing(owner: str) -> Status:
    """Return the status of a pipeline whose last run failed."""
    failed = run(4, "FAILED", error="ValueError: no column id")
    return status(
        owner,
        conditions=conditions(DataCurrent=LAST_RUN_FAILED),
        runs=(failed, run(3)),
    )


def drifting(owner: str) -> Status:
    """Return the status of a pipeline of which a queue differs from the spec."""
    queue = f"{owner.replace('/', '-')}-uploads"
    change = "VisibilityTimeout: 31 -> 1080"
    return status(
        owner,
        conditions=conditions(Drifted=("True", "Reported", f"Queue/{queue} (VisibilityTimeout)")),
        drift=(Drift(resource=f"Queue/{queue}", action="update", changes=(change,)),),
    )


def slow(owner: str) -> Status:
    """Return the status of a pipeline with a table of many small files, and others."""
    by_day = Table(
        name="by_day",
        rows=600,
        bytes=3 * 2**20,
        files=730,
        batches=1,
        small_files=730,
        replaced_since=SINCE,
        warning="730 of 730 files are smaller than 16 MiB: name columns with fewer values",
    )
    orders = Table(name="orders", rows=9_000, bytes=5 * 2**29, files=20, batches=20)
    data = Data(
        objects=3, rows=9_600, rejected=0, refused=0, waiting=0, dead_letters=0, table_count=25,
        tables=(by_day, orders),
    )  # fmt: skip
    return status(owner, data=data)


def refusing(owner: str) -> Status:
    """Return the status of a pipeline with an object that the job cannot read."""
    refused = RefusedObject(key="csv_data/broken.csv", reason="it is not UTF-8")
    return status(
        owner,
        conditions=conditions(DataCurrent=("False", "ObjectsRefused", "1 object refused")),
        data=Data(
            objects=3, rows=600, rejected=0, refused=1, refused_objects=(refused,), waiting=0,
            dead_letters=0,
        ),
    )  # fmt: skip


def body(
    name: str, observed: Status | None = None, *, namespace: str = "shop", **spec: Any
) -> Body:
    """Return a pipeline as the API server does."""
    metadata = {
        "namespace": namespace,
        "name": name,
        "uid": f"uid-of-{name}",
        "generation": 1,
        "creationTimestamp": SINCE,
        "resourceVersion": "1",
    }
    found = status(f"{namespace}/{name}", spec) if observed is None else observed
    shown = DataPipelineSpec.model_validate(spec).model_dump(by_alias=True, mode="json")
    return {"metadata": metadata, "spec": shown, "status": found.as_json()}
