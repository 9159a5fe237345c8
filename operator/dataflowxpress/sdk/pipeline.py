"""Pipeline: a DataPipeline that Python code builds, reads from YAML and writes to YAML."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import Field

from dataflowxpress.api.document import (
    API_VERSION,
    NAME,
    NAME_CHARACTERS,
    NAME_FIX,
    document_mistakes,
)
from dataflowxpress.api.errors import InvalidSpec
from dataflowxpress.api.spec import KIND, DataPipelineSpec, SpecModel
from dataflowxpress.api.spec.formats import Format
from dataflowxpress.standalone.documents import chosen, mappings, parsed

ObjectName = Annotated[str, Field(max_length=253), Format(NAME, NAME_FIX, NAME_CHARACTERS)]


class DataPipeline(SpecModel):
    """A pipeline on AWS, as its manifest in YAML describes it.

    All parts are immutable, and have the fields of the manifest in snake_case. A part that is not
    valid raises InvalidSpec with all its mistakes.
    """

    name: ObjectName
    """The name, unique in the namespace. Default names of resources begin with both."""

    namespace: ObjectName = "default"
    """The namespace of the pipeline, also without a cluster."""

    labels: dict[str, str] = {}  # noqa: RUF012 - pydantic copies defaults
    """Labels for Kubernetes."""

    annotations: dict[str, str] = {}  # noqa: RUF012 - pydantic copies defaults
    """Annotations, for example `dataflowxpress.io/paused`."""

    spec: DataPipelineSpec = DataPipelineSpec()
    """The resources and the data."""

    @classmethod
    def load(cls, path: str | os.PathLike[str], name: str = "") -> Self:
        """Return the pipeline in a file of YAML; from several pipelines, the one with *name*.

        Raises OSError, Failure if the file has no such pipeline, and InvalidSpec.
        """
        file = Path(path)
        return cls.from_manifest(chosen(mappings(file), name, str(file)))

    @classmethod
    def from_yaml(cls, text: str, name: str = "") -> Self:
        """Return the pipeline in *text*; from several pipelines, the one with *name*.

        Raises Failure if the text has no such pipeline, and InvalidSpec.
        """
        source = "the text"
        return cls.from_manifest(chosen(parsed(text, source), name, source))

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> Self:
        """Return the pipeline in a mapping as from `kubectl get -o json`, without its status.

        Raises InvalidSpec.
        """
        if found := [*document_mistakes(manifest)]:
            raise InvalidSpec(*found)
        metadata = manifest["metadata"]
        given = {name: metadata[name] for name in _METADATA if metadata.get(name) is not None}
        return cls(**given, spec=DataPipelineSpec.model_validate(manifest.get("spec") or {}))

    def to_manifest(self) -> dict[str, Any]:
        """Return the manifest as a mapping, without fields that were not set."""
        given = {"namespace": self.namespace, **self.model_dump(include=set(_METADATA))}
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": {name: given[name] for name in _METADATA if given[name]},
            "spec": self.spec.model_dump(by_alias=True, exclude_unset=True, mode="json"),
        }

    def to_yaml(self) -> str:
        """Return the manifest as YAML, for `kubectl apply -f -` and for repositories."""
        return yaml.safe_dump(self.to_manifest(), sort_keys=False, allow_unicode=True, width=100)


_METADATA = ("name", "namespace", "labels", "annotations")
