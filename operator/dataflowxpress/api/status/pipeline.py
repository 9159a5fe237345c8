"""Pipeline: the whole status of a DataPipeline."""

from __future__ import annotations

from typing import Any

from dataflowxpress.api.resource_id import Id

from .data import Crawl, Data, Recovery, Reprocess, Run, Usage
from .model import StatusModel
from .resources import Condition, Drift, ResourceStatus


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
