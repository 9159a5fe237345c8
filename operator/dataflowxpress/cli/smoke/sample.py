"""Sample: the pipeline that the smoke test creates, and the files that it uploads."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.standalone.manifest import Manifest

PREFIX = "smoke-"
CHANGE = {"tags": {"smoke": "changed"}, "job": {"timeoutMinutes": 31}}  # nearly every kind has tags
FILES = {  # content by name, with what a wrong CSV dialect or charset would split or lose
    "plain.csv": "id,place,visitors\n1,Bern,12\n2,Basel,34\n3,Chur,56\n",
    "quoted.csv": 'id,place,visitors\n4,"Sion, Valais",78\n5,"two\nlines",90\n',
    "accents é.csv": "id,place,visitors\n6,Zürich,11\n7,Genève,22\n",
}
ROWS = 7


class Sample(NamedTuple):
    """A pipeline in a file of its own, so that any `dataflowxpress delete -f` can remove it."""

    file: Path
    namespace: str
    name: str
    region: str

    @classmethod
    def new(cls, directory: Path, namespace: str, region: str) -> Sample:
        """Return a pipeline with a random name; its file does not exist yet."""
        name = f"{PREFIX}{secrets.token_hex(4)}"
        return cls(directory / f"dataflowxpress-{name}.yaml", namespace, name, region)

    def body(self, change: Mapping[str, Any] = {}) -> dict[str, Any]:
        """Return the DataPipeline with *change* in its spec."""
        region = {"region": self.region} if self.region else {}
        spec = {"deletionPolicy": "Delete", "job": {"timeoutMinutes": 30}, **region, **change}
        metadata = {"namespace": self.namespace, "name": self.name}
        return {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": metadata,
            "spec": spec,
        }

    def write(self, change: Mapping[str, Any] = {}) -> None:
        """Write the file with *change* in the spec."""
        new = self.file.with_suffix(".new")  # a signal can end a write; the deletion needs the file
        new.write_text(yaml.safe_dump(self.body(change), sort_keys=False), encoding="utf-8")
        new.replace(self.file)

    def manifest(self) -> Manifest:
        """Return the pipeline in the file; its status is in its bucket."""
        return Manifest.load(self.file, self.name, self.namespace)

    def preview(self) -> Manifest:
        """Return the pipeline without its file; nothing can be written for it."""
        body = self.body()
        return Manifest({**body, "metadata": {**body["metadata"], "generation": 1}}, keeps=False)
