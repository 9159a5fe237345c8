"""Target: which pipeline a command is about: one in a file, or one in the cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.status import Status
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.store import PipelineStore
from dataflowxpress.planning.plan import Outcome

from .failures import Failure
from .live import Live, namespace_of
from .manifest import Manifest


def _complete(context: typer.Context, incomplete: str) -> list[str]:
    """Return the pipelines of the cluster; a shell that asks is told nothing of failures."""
    try:
        where = context.params.get("context") or ""
        names = Live(where).names(context.params.get("namespace") or namespace_of(where))
    except Exception:  # noqa: BLE001 - no cluster, no proposals
        return []
    return [name for name in names if name.startswith(incomplete)]


Name = Annotated[
    str, typer.Argument(help="A DataPipeline in the cluster.", autocompletion=_complete)
]
File = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="A manifest instead, `-` for stdin: no cluster is asked."),
]
Namespace = Annotated[str, typer.Option("--namespace", "-n", help="The pipeline's namespace.")]
Context = Annotated[str, typer.Option(help="A context of your kubeconfig.")]


class Target(NamedTuple):
    """A pipeline and who keeps it; *live* is its cluster, where it is in one."""

    namespace: str
    name: str
    store: PipelineStore
    live: Live | None = None

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline as it is now."""
        body = self.store.pipeline(self.namespace, self.name)
        if body is None:
            raise Failure(f"there is no DataPipeline {self.name} in namespace {self.namespace}")
        return Pipeline(body)

    @property
    def status(self) -> Status:
        """What it says of itself now."""
        return self.pipeline.status

    def reconciler(self, on_outcome: Callable[[Outcome], None] | None = None) -> Reconciler:
        """Return who makes it true from here, with the AWS credentials of here."""
        return Reconciler(self.store, on_outcome=on_outcome)


def in_cluster(name: str, namespace: str, context: str) -> Target:
    """Return a pipeline in the cluster."""
    if not name:
        raise Failure("name a pipeline in the cluster, or give a manifest with -f")
    live = Live(context)
    return Target(namespace or namespace_of(context), name, live.cluster, live)


def target(name: str, file: Path | None, namespace: str, context: str) -> Target:
    """Return what NAME or `-f` stands for; nothing of a manifest is written down."""
    if file is None:
        return in_cluster(name, namespace, context)
    manifest = Manifest.load(file, name, namespace, keeps=False)
    return Target(*manifest.key, manifest)
