"""Target: the pipeline that a command is about, in a manifest or in the cluster."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from . import completion
from .failures import Failure

if TYPE_CHECKING:
    from dataflowxpress.api.pipeline import Pipeline
    from dataflowxpress.api.status import Status
    from dataflowxpress.controller.reconciler import Reconciler
    from dataflowxpress.controller.store import PipelineStore
    from dataflowxpress.planning.step import Outcome, Step

    from .live import Live


Name = Annotated[
    str,
    typer.Argument(
        help="Name of a DataPipeline in the cluster.", autocompletion=completion.of_pipeline
    ),
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file", "-f", help="Read the pipeline from this manifest (`-`: stdin), not the cluster."
    ),
]
Namespace = Annotated[
    str,
    typer.Option(
        "--namespace",
        "-n",
        help="Namespace of the pipeline.",
        autocompletion=completion.of_namespace,
    ),
]
Context = Annotated[
    str, typer.Option(help="Context of your kubeconfig.", autocompletion=completion.of_context)
]


class Target(NamedTuple):
    """A pipeline and its store; *live* is its cluster, or None for a manifest."""

    namespace: str
    name: str
    store: PipelineStore
    live: Live | None = None

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline as the store has it now; raises Failure if the store has none."""
        from dataflowxpress.api.pipeline import Pipeline

        body = self.store.pipeline(self.namespace, self.name)
        if body is None:
            raise Failure(
                f"DataPipeline {self.name} does not exist in namespace {self.namespace}",
                "correct the name, or give the namespace with -n",
            )
        return Pipeline(body)

    def refuse_if_held(self, command: Literal["apply", "delete", "run"]) -> None:
        """Raise Failure if an annotation keeps *command* from its work."""
        from dataflowxpress.standalone.operations import refuse_if_held

        pipeline = self.pipeline
        if self.live is None:
            refuse_if_held(pipeline, command)
        elif pipeline.paused:
            release = f"run `dataflowxpress resume {self.name} -n {self.namespace}`"
            refuse_if_held(pipeline, command, release)
        else:
            release = f"kubectl annotate dp {self.name} -n {self.namespace} {{annotation}}-"
            refuse_if_held(pipeline, command, f"run `{release}`")

    @property
    def status(self) -> Status:
        """The pipeline's status as the store has it now."""
        return self.pipeline.status

    def reconciler(
        self,
        on_outcome: Callable[[Outcome], None] | None = None,
        approve: Callable[[list[Step]], list[Step]] | None = None,
    ) -> Reconciler:
        """Return a reconciler that uses this machine's AWS credentials."""
        from dataflowxpress.controller.reconciler import Reconciler
        from dataflowxpress.controller.tenancy import OPEN

        return Reconciler(self.store, on_outcome=on_outcome, tenant_policy=OPEN, approve=approve)


def named(chosen: Target, file: Path | None) -> str:
    """Return a pipeline as the options of another command."""
    return f"-f {shlex.quote(str(file))}" if file else f"{chosen.name} -n {chosen.namespace}"


def in_cluster(name: str, namespace: str, context: str) -> Target:
    """Return a pipeline in the cluster."""
    if not name:
        raise Failure("no pipeline given", "add its NAME in the cluster, or a manifest with -f")
    from .live import Live, namespace_of

    live = Live(context)
    return Target(namespace or namespace_of(context), name, live.cluster, live)


def target(name: str, file: Path | None, namespace: str, context: str) -> Target:
    """Return the pipeline that NAME or `-f` gives; a manifest's status is not written."""
    if file is None:
        return in_cluster(name, namespace, context)
    from dataflowxpress.standalone.manifest import Manifest

    manifest = Manifest.load(file, name, namespace, keeps=False)
    return Target(*manifest.key, manifest)
