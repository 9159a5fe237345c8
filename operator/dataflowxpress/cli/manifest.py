"""Manifest: a DataPipeline in a file, without a cluster that stores it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .failures import Failure, listed

if TYPE_CHECKING:
    from dataflowxpress.api.pipeline import Pipeline
    from dataflowxpress.api.spec import DataPipelineSpec
    from dataflowxpress.api.status import Status

    from .record import Record

PAGE = "docs/first-pipeline.md, or `kubectl explain datapipeline.spec`"
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


class Manifest:
    """A PipelineStore for one pipeline: the file has its spec, its bucket has its status.

    With *keeps* unset, the status is kept in memory only. With *pins*, the record is read once, so
    that a later write fails if another command has changed it. Set *uid* to the uid of a cluster to
    compare the pipeline as the operator of that cluster does.
    """

    def __init__(
        self,
        body: Mapping[str, Any],
        others: Sequence[Any] = (),
        *,
        keeps: bool = True,
        pins: bool = True,
    ) -> None:
        self._body, self._others, self._keeps, self._pins = dict(body), others, keeps, pins
        self._status: Status | None = None
        self.uid = ""

    @classmethod
    def load(cls, file: Path, name: str, namespace: str, *, keeps: bool = True) -> Manifest:
        """Return the pipeline in *file*; from several pipelines, the one with *name*.

        Raises Failure if the file has no such pipeline, or an invalid one.
        """
        from dataflowxpress.api.spec import KIND

        from .documents import mappings

        documents = mappings(file)
        pipelines = [each for each in documents if each.get("kind") == KIND]
        chosen = [each for each in pipelines if not name or _name(each) == name]
        if not chosen:
            wanted = f"{KIND} {name}".strip()
            found = ", ".join(map(_name, pipelines))
            others = f"; pipelines in it: {found}" if found else ""
            fix = "give a file with a DataPipeline" if not pipelines else "correct the NAME"
            raise Failure(f"{file}: no {wanted} in this file{others}", fix, page=PAGE)
        if len(chosen) > 1:
            names = ", ".join(map(_name, chosen))
            raise Failure(f"{file}: several pipelines in this file", f"give a NAME of {names}")
        return cls(_checked(chosen[0], file, namespace), documents, keeps=keeps, pins=keeps)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self._body["metadata"]["namespace"], self._body["metadata"]["name"]

    @property
    def spec(self) -> DataPipelineSpec:
        """The spec."""
        from dataflowxpress.api.pipeline import Pipeline

        return Pipeline(self._body).spec

    @property
    def generation(self) -> int:
        """The version of the spec."""
        return int(self._body["metadata"]["generation"])

    @cached_property
    def record(self) -> Record:
        """The pipeline's status in its bucket."""
        from dataflowxpress.api.pipeline import Pipeline
        from dataflowxpress.aws.resources import Bucket
        from dataflowxpress.controller.reconciler import Reconciler
        from dataflowxpress.controller.tenancy import OPEN
        from dataflowxpress.planning.resource import only

        from .record import Record

        reconciler = Reconciler(self, tenant_policy=OPEN)
        connection, wanted = reconciler.describe(Pipeline(self._body))
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
        return Manifest({**self._body, "metadata": meta}, self._others, keeps=False)


def _name(document: Mapping[str, Any]) -> str:
    return str((document.get("metadata") or {}).get("name", ""))


def _checked(document: Mapping[str, Any], file: Path, namespace: str) -> dict[str, Any]:
    """Check the fields that a cluster checks, and set the fields that a cluster sets."""
    meta = dict(document["metadata"]) if document.get("metadata") else {}
    if problems := [*_problems(document, meta, namespace)]:
        raise Failure(listed(problems, f"{file}: "), page=PAGE)
    return {
        **document,
        "metadata": {
            **meta,
            "namespace": meta.get("namespace") or namespace or "default",
            "generation": _generation(document.get("spec")),
        },
    }


def _problems(
    document: Mapping[str, Any], meta: Mapping[str, Any], namespace: str
) -> Iterator[str]:
    from dataflowxpress.api.spec import GROUP, VERSION, DataPipelineSpec, mistakes

    if (version := document.get("apiVersion")) != f"{GROUP}/{VERSION}":
        yield f"apiVersion: {json.dumps(version)} is unknown; use {GROUP}/{VERSION}"
    if not NAME.fullmatch(name := _name(document)):
        fix = 'a-z, 0-9, "-" and ".", with a letter or digit at both ends'
        yield f"metadata.name: {json.dumps(name)} is invalid; use {fix}"
    if namespace and (given := meta.get("namespace", namespace)) != namespace:
        yield f"metadata.namespace: {given} is not {namespace}; correct it, or the option -n"
    yield from mistakes(DataPipelineSpec, document.get("spec") or {})


def _generation(spec: Any) -> int:
    """Return a number that changes with the spec: a file has no counter of versions."""
    text = json.dumps(spec, sort_keys=True, default=str)
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
