"""Contenders: the commands of this engine and of Terraform for the same pipeline."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dataflowxpress.api.spec import GROUP, KIND, VERSION, DataPipelineSpec
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Resource, Scope
from dataflowxpress_sandbox.aws import ACCOUNT, REGION
from tests.bench.terraform import configuration

from .process import Cost, cost_of
from .proxy import Proxy

NAME = "orders"
CHANGED = {"job": {"timeoutMinutes": 61}}  # one property of one resource
TASKS = ("create", "empty plan", "one change", "delete")
MIRROR = "TF_PLUGIN_DIR"  # names a directory with providers, for a machine without the registry


def spec(task: str) -> dict[str, Any]:
    """Return the spec of a pipeline for a task."""
    return {"deletionPolicy": "Delete", **(CHANGED if task == "one change" else {})}


def resources(task: str = "create") -> list[Resource]:
    """Return the description of the pipeline."""
    scope = Scope(f"default/{NAME}", ACCOUNT, REGION)
    return blueprint(DataPipelineSpec.model_validate(spec(task)), scope)


@dataclass(frozen=True)
class Engine:
    """The command line of this project, with a manifest."""

    directory: Path
    environment: dict[str, str]
    name: str = "dataflowxpress"
    program: tuple[str, ...] = (sys.executable, "-m", "dataflowxpress")

    def run(self, task: str, proxy: Proxy) -> Cost:
        """Run the command of a task."""
        about = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": NAME}}
        manifest = self.directory / "pipeline.yaml"
        manifest.write_text(yaml.safe_dump({**about, "spec": spec(task)}))
        command = [*self.program, *_ENGINE[task], "-f", manifest.name]
        return cost_of(command, proxy, self.directory, self.environment)


@dataclass(frozen=True)
class Terraform:
    """Terraform with its AWS provider."""

    directory: Path
    environment: dict[str, str]
    name: str = "Terraform"

    def prepare(self) -> int:
        """Install the provider; return the number of Terraform resources."""
        written = configuration.write(self.directory, resources(), REGION)
        mirror = os.environ.get(MIRROR)
        options = [f"-plugin-dir={mirror}"] if mirror else []
        self._run(["init", "-input=false", *options], Proxy(""))
        return written

    def run(self, task: str, proxy: Proxy) -> Cost:
        """Run the command of a task; a plan that is not empty is an error."""
        configuration.write(self.directory, resources(task), REGION)
        return self._run(_TERRAFORM[task], proxy)

    def _run(self, arguments: list[str], proxy: Proxy) -> Cost:
        settings = {**self.environment, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        return cost_of(["terraform", *arguments], proxy, self.directory, settings)


def contenders(directory: Path, environment: dict[str, str]) -> Iterator[Engine | Terraform]:
    """Yield the contenders that are installed, each with a folder of its own."""
    for kind in (Engine, Terraform):
        folder = directory / kind.__name__
        folder.mkdir()
        if kind is Engine or shutil.which("terraform"):
            yield kind(folder, environment)


_ENGINE = {
    "create": ["apply", "--yes"],
    "empty plan": ["plan"],
    "one change": ["apply", "--yes"],
    "delete": ["delete", "--yes"],
}
_TERRAFORM = {
    "create": ["apply", "-auto-approve", "-input=false", "-no-color"],
    "empty plan": ["plan", "-detailed-exitcode", "-input=false", "-no-color"],
    "one change": ["apply", "-auto-approve", "-input=false", "-no-color"],
    "delete": ["destroy", "-auto-approve", "-input=false", "-no-color"],
}
