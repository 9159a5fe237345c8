"""Manifest: a DataPipeline in a file, for whom no cluster keeps anything."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress.aws.resources import Bucket
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.planning.resource import only

from .failures import Failure
from .record import Record

STDIN = Path("-")
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


class Manifest:
    """A store for one pipeline: its spec is in the file, its status in its bucket.

    *keeps* is whether what is said of it is written there. *uid* may be set to that of a cluster:
    then it is looked at as that cluster's operator would.
    """

    def __init__(
        self, body: Mapping[str, Any], others: Sequence[Any] = (), *, keeps: bool = True
    ) -> None:
        self._body, self._others, self._keeps = dict(body), others, keeps
        self._said: Status | None = None
        self.uid = ""

    @classmethod
    def load(cls, file: Path, name: str, namespace: str, *, keeps: bool = True) -> Manifest:
        """Return the pipeline in *file*; where there are several, the one called *name*."""
        text = sys.stdin.read() if file == STDIN else file.read_text()
        documents = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
        found = [each for each in documents if each.get("kind") == KIND]
        chosen = [each for each in found if not name or _name(each) == name]
        if not chosen:
            raise Failure(f"{file}: there is no {KIND} {name} in it".replace("  ", " "))
        if len(chosen) > 1:
            names = ", ".join(map(_name, chosen))
            raise Failure(f"{file}: there are several pipelines in it; name one of {names}")
        return cls(_checked(chosen[0], file, namespace), documents, keeps=keeps)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self._body["metadata"]["namespace"], self._body["metadata"]["name"]

    @property
    def generation(self) -> int:
        """Which version of the spec it is."""
        return int(self._body["metadata"]["generation"])

    @cached_property
    def record(self) -> Record:
        """Where its status is kept."""
        connection, wanted = Reconciler(self).describe(Pipeline(self._body))
        return Record(connection, only(wanted, Bucket))

    def pipeline(self, namespace: str, name: str) -> dict[str, Any] | None:
        """Return it with its status, if that is what it is called."""
        if (namespace, name) != self.key:
            return None
        status = self.record.read() if self._said is None else self._said.as_json()
        return {**self._body, "status": status}

    def write_status(self, namespace: str, name: str, status: Status) -> None:  # noqa: ARG002
        """Remember what is said, and keep it."""
        self._said = status
        if self._keeps:
            self.record.write(status)

    def config_map_value(self, namespace: str, name: str, key: str) -> str | None:
        """Return the value from a ConfigMap in the same file, or None where there is none."""
        for each in self._others:
            meta = each.get("metadata", {})
            where = (each.get("kind"), meta.get("namespace", self.key[0]), meta.get("name"))
            if where == ("ConfigMap", namespace, name):
                return (each.get("data") or {}).get(key)
        return None

    def is_deleting(self) -> Manifest:
        """Return it as one that is being deleted."""
        meta = {**self._body["metadata"], "deletionTimestamp": datetime.now(UTC).isoformat()}
        return Manifest({**self._body, "metadata": meta}, self._others)


def _name(document: Mapping[str, Any]) -> str:
    return str((document.get("metadata") or {}).get("name", ""))


def _checked(document: Mapping[str, Any], file: Path, namespace: str) -> dict[str, Any]:
    """Check what a cluster would, and set what it would set."""
    if document.get("apiVersion") != f"{GROUP}/{VERSION}":
        raise Failure(f"{file}: apiVersion is not {GROUP}/{VERSION}: correct it")
    meta = dict(document["metadata"]) if document.get("metadata") else {}
    if not NAME.fullmatch(_name(document)):
        raise Failure(
            f"{file}: metadata.name is {_name(document)!r}: give a name of lower case letters,"
            " digits, dashes and dots"
        )
    if namespace and meta.get("namespace", namespace) != namespace:
        raise Failure(f"{file}: metadata.namespace is {meta['namespace']}, not {namespace}")
    return {
        **document,
        "metadata": {
            **meta,
            "namespace": meta.get("namespace") or namespace or "default",
            "generation": _generation(document.get("spec")),
        },
    }


def _generation(spec: Any) -> int:
    """Return a number that differs when the spec does: nobody counts the versions of a file."""
    text = json.dumps(spec, sort_keys=True, default=str)
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
