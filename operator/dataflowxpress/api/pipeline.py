"""Pipeline: a DataPipeline as the API server has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

from pydantic import ValidationError

from .annotations import (
    PAUSED,
    PLAN,
    REDRIVE_REQUESTED,
    REPROCESS,
    REQUESTED,
    RUN_REQUESTED,
    DataRequests,
)
from .errors import InvalidSpec
from .reasons import Reason
from .spec import DataPipelineSpec
from .status import Status


class Reference(NamedTuple):
    """Which pipeline is meant; the rest is asked for when it is needed."""

    namespace: str
    name: str
    uid: str
    generation: int

    @classmethod
    def to(cls, metadata: Mapping[str, Any]) -> Self:
        """Return the reference to the object with this metadata."""
        return cls(**{name: metadata[name] for name in cls._fields})

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def fields(self) -> dict[str, str | int]:
        """What log lines and traces say of it."""
        return {"pipeline": str(self), "uid": self.uid, "generation": self.generation}


@dataclass(frozen=True)
class Pipeline:
    """A view of the object; *body* is as in `kubectl get -o json`."""

    body: Mapping[str, Any]

    @property
    def namespace(self) -> str:
        """Where it is."""
        return str(self.body["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.body["metadata"]["name"])

    @property
    def owner(self) -> str:
        """What its resources are tagged with."""
        return f"{self.namespace}/{self.name}"

    @property
    def uid(self) -> str:
        """Which of all that ever had the name it is; empty for one that is in no cluster."""
        return str(self.body["metadata"].get("uid", ""))

    @property
    def generation(self) -> int:
        """Which version of the spec it is."""
        return int(self.body["metadata"]["generation"])

    @property
    def annotations(self) -> Mapping[str, str]:
        """What was asked for beside the spec."""
        return self.body["metadata"].get("annotations") or {}

    @property
    def requested(self) -> str:
        """When somebody last asked for a reconciliation; any text that is new will do."""
        return self.annotations.get(REQUESTED, "")

    @property
    def data_requests(self) -> DataRequests:
        """What was asked of the data."""
        asked = (RUN_REQUESTED, REDRIVE_REQUESTED, REPROCESS)
        return DataRequests(*(self.annotations.get(name, "") for name in asked))

    @property
    def has_open_requests(self) -> bool:
        """Whether something is asked of the data that the status does not answer yet."""
        return DataRequests.answered_in(self.status) != self.data_requests

    @property
    def paused(self) -> bool:
        """Whether it is to be left alone."""
        return self.annotations.get(PAUSED) == "true"

    @property
    def planning(self) -> bool:
        """Whether it is only to be said what would change."""
        return self.annotations.get(PLAN) == "true"

    @property
    def is_deleting(self) -> bool:
        """Whether it is being deleted."""
        return "deletionTimestamp" in self.body["metadata"]

    @cached_property
    def status(self) -> Status:
        """What it last said of itself."""
        return Status.model_validate(self.body.get("status") or {})

    @cached_property
    def spec(self) -> DataPipelineSpec:
        """The spec; raises InvalidSpec, which names the field and the cure."""
        try:
            return DataPipelineSpec.model_validate(self.body.get("spec") or {})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(["spec", *map(str, first["loc"])])
            raise InvalidSpec(where, first["msg"].removeprefix("Value error, ")) from None

    @property
    def applied_before(self) -> bool:
        """Whether this version of the spec was once true, so that a difference now is drift."""
        return self.status.applied_generation == self.generation

    @property
    def needs_reconciliation(self) -> bool:
        """Whether something was asked for that the status does not answer yet."""
        doing = self.status["Reconciling"]
        was = doing.reason if doing else ""
        return (
            self.status.observed_generation != self.generation
            or self.status.reconcile_handled_at != self.requested
            or (was == Reason.PAUSED) != self.paused
            or (was == Reason.PLANNED) != (self.planning and not self.paused)
            or self.has_open_requests
        )
