"""Manifest: a DataPipeline in a file, without a cluster that stores it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataflowxpress.api.errors import Failure, listed

if TYPE_CHECKING:
    from dataflowxpress.api.pipeline import Pipeline
    from dataflowxpress.api.spec import DataPipelineSpec
    from dataflowxpress.api.status import Status
    from dataflowxpress.aws.clients import ClientsFor
    from dataflowxpress.controller.reconciler import Reconciler
    from dataflowxpress.planning.step import Outcome, Step

    from .record import Record


class Manifest:
    """A PipelineStore for one pipeline: the file has its spec, its bucket has its status.

    With *keeps* unset, the status is kept in memory only. With *pins*, the record is read once, so
    that a later write fails if another command has changed it. Calls to AWS use the clients of
    *clients_for*, or this machine's credentials. Set *uid* to the uid of a cluster to compare the
    pipeline as the operator of that cluster does.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        others: Sequence[Any] = (),
        *,
        keeps: bool = True,
        pins: bool = True,
        clients_for: ClientsFor | None = None,
    ) -> None:
        self._body, self._others, self._keeps, self._pins = dict(body), others, keeps, pins
        self._clients_for = clients_for
        self._status: Status | None = None
        self.uid = ""

    @classmethod
    def load(cls, file: Path, name: str, namespace: str, *, keeps: bool = True) -> Manifest:
        """Return the pipeline in *file*; from several pipelines, the one with *name*.

        Raises Failure if the file has no such pipeline, or an invalid one.
        """
        from dataflowxpress.api.document import as_stored, document_mistakes

        from .documents import PAGE, chosen, mappings

        documents = mappings(file)
        document = chosen(documents, name, str(file))
        if problems := [*document_mistakes(document, namespace)]:
            raise Failure(listed(problems, f"{file}: "), page=PAGE)
        return cls(as_stored(document, namespace), documents, keeps=keeps, pins=keeps)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self._body["metadata"]["namespace"], self._body["metadata"]["name"]

    @property
    def described(self) -> Pipeline:
        """The pipeline as the file has it, without its status."""
        from dataflowxpress.api.pipeline import Pipeline

        return Pipeline(self._body)

    @property
    def spec(self) -> DataPipelineSpec:
        """The spec."""
        return self.described.spec

    @property
    def generation(self) -> int:
        """The version of the spec."""
        return int(self._body["metadata"]["generation"])

    @property
    def current(self) -> Pipeline:
        """The pipeline with its status."""
        from dataflowxpress.api.pipeline import Pipeline

        return Pipeline(self.pipeline(*self.key) or {})

    def reconciler(
        self,
        on_outcome: Callable[[Outcome], None] | None = None,
        approve: Callable[[list[Step]], list[Step]] | None = None,
    ) -> Reconciler:
        """Return a reconciler of this pipeline alone."""
        from dataflowxpress.controller.reconciler import Reconciler
        from dataflowxpress.controller.tenancy import OPEN

        return Reconciler(
            self,
            on_outcome=on_outcome,
            tenant_policy=OPEN,
            approve=approve,
            clients_for=self._clients_for,
        )

    @cached_property
    def record(self) -> Record:
        """The pipeline's status in its bucket."""
        from dataflowxpress.aws.resources import Bucket
        from dataflowxpress.planning.resource import only

        from .record import Record

        connection, wanted = self.reconciler().describe(self.described)
        return Record(connection, only(wanted, Bucket))

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return the pipeline with its status, or None for another namespace or name."""
        if (namespace, name) != self.key:
            return None
        from dataflowxpress.api.status import Status

        status = self._status.as_json() if self._status else self.record.read()
        if self._pins:
            self._status = Status.model_validate(status)
        return {**self._body, "status": status}

    def reread(self) -> None:
        """Read the record again at the next use."""
        self._status = None

    def claim(self) -> None:
        """Write the record as it was read, before the first change of AWS.

        Raises RecordChanged if another command has changed it since.
        """
        if self._status is not None:
            self.record.write(self._status)

    def hold(self, pipeline: Pipeline) -> bool:  # noqa: ARG002
        """Do nothing: a file stays until its user removes it."""
        return True

    def release(self, pipeline: Pipeline) -> None:
        """Do nothing, as `hold`."""

    def write_status(self, namespace: str, name: str, status: Status) -> None:  # noqa: ARG002
        """Replace the status."""
        self._status = status
        if self._keeps:
            self.record.write(status)

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """Return the value of *key* in a ConfigMap of the same file, or None if it has none."""
        for each in self._others:
            meta = each.get("metadata", {})
            where = (each.get("kind"), meta.get("namespace", self.key[0]), meta.get("name"))
            if where == ("ConfigMap", namespace, name):
                return (each.get("data") or {}).get(key)
        return None

    def is_deleting(self) -> Manifest:
        """Return the same manifest with a deletion timestamp; its status is kept in memory.

        A bucket that is being emptied denies every write. The record in it stays complete.
        """
        meta = {**self._body["metadata"], "deletionTimestamp": datetime.now(UTC).isoformat()}
        body = {**self._body, "metadata": meta}
        return Manifest(body, self._others, keeps=False, clients_for=self._clients_for)
