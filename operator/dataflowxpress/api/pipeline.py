"""Pipeline: a DataPipeline object of the API server, or of a manifest."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

from .annotations import (
    PAUSED,
    PLAN,
    REDRIVE_REQUESTED,
    REPROCESS,
    REQUESTED,
    RUN_REQUESTED,
    SUBSCRIBE_REQUESTED,
    DataRequests,
)
from .errors import InvalidSpec
from .reasons import Reason
from .spec import GROUP, DataPipelineSpec, mistakes
from .status import Status

FINALIZER = f"{GROUP}/finalizer"  # holds the object until its resources are deleted


class Reference(NamedTuple):
    """The identity and the version of a pipeline, without its spec and status."""

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
    def key(self) -> tuple[str, str]:
        """The namespace and name, which a pipeline shares with its successors."""
        return self.namespace, self.name

    @property
    def fields(self) -> dict[str, str | int]:
        """The fields of log lines and traces."""
        return {"pipeline": str(self), "uid": self.uid, "generation": self.generation}


@dataclass(frozen=True)
class Pipeline:
    """A view of the object; *body* is as in `kubectl get -o json`."""

    body: Mapping[str, Any]

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return str(self.body["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.body["metadata"]["name"])

    @property
    def owner(self) -> str:
        """Namespace and name, by which the pipeline owns its resources."""
        return f"{self.namespace}/{self.name}"

    @property
    def uid(self) -> str:
        """The object's uid, unique over time; empty for a manifest."""
        return str(self.body["metadata"].get("uid", ""))

    @property
    def generation(self) -> int:
        """The version of the spec."""
        return int(self.body["metadata"]["generation"])

    @property
    def annotations(self) -> Mapping[str, str]:
        """The object's annotations."""
        return self.body["metadata"].get("annotations") or {}

    @property
    def requested(self) -> str:
        """The last request for a reconciliation, or an empty string; each new text is one."""
        return self.annotations.get(REQUESTED, "")

    @property
    def data_requests(self) -> DataRequests:
        """The requests for runs, redrives, reprocessing and emails of confirmation."""
        requests = (RUN_REQUESTED, REDRIVE_REQUESTED, REPROCESS, SUBSCRIBE_REQUESTED)
        return DataRequests(*(self.annotations.get(name, "") for name in requests))

    @property
    def has_open_requests(self) -> bool:
        """Whether the status does not answer a data request yet."""
        return DataRequests.answered_in(self.status) != self.data_requests

    @property
    def paused(self) -> bool:
        """Whether the operator must not act on it."""
        return self.annotations.get(PAUSED) == "true"

    @property
    def planning(self) -> bool:
        """Whether the operator must only report the changes that it would make."""
        return self.annotations.get(PLAN) == "true"

    @property
    def is_deleting(self) -> bool:
        """Whether the object is being deleted."""
        return "deletionTimestamp" in self.body["metadata"]

    @property
    def is_held(self) -> bool:
        """Whether the finalizer keeps the object until the operator has deleted its resources."""
        return FINALIZER in self.finalizers

    @property
    def finalizers(self) -> Sequence[str]:
        """The object's finalizers."""
        return self.body["metadata"].get("finalizers") or ()

    @property
    def request(self) -> Hashable:
        """Everything in the metadata that asks for work; equal values ask for the same."""
        annotations = self.paused, self.planning, self.requested, self.data_requests
        return self.uid, self.generation, self.is_deleting, annotations

    @cached_property
    def status(self) -> Status:
        """The last status."""
        return Status.model_validate(self.body.get("status") or {})

    @cached_property
    def spec(self) -> DataPipelineSpec:
        """The spec; raises InvalidSpec with all mistakes in it."""
        spec = self.body.get("spec") or {}
        if found := mistakes(DataPipelineSpec, spec):
            raise InvalidSpec(*found)
        return DataPipelineSpec.model_validate(spec)

    @property
    def applied_before(self) -> bool:
        """Whether this version of the spec was applied once, so that a difference is drift."""
        return self.status.applied_generation == self.generation

    @property
    def needs_reconciliation(self) -> bool:
        """Whether the status does not answer the spec or an annotation yet."""
        reconciling = self.status["Reconciling"]
        reason = reconciling.reason if reconciling else ""
        return (
            self.status.observed_generation != self.generation
            or self.status.reconcile_handled_at != self.requested
            or (reason == Reason.PAUSED) != self.paused
            or (reason == Reason.PLANNED) != (self.planning and not self.paused)
            or self.has_open_requests
        )
