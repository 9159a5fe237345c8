"""Command line: `dataflowxpress`."""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .sandbox.cli import app as sandbox
from .sandbox.cli import explained
from .sandbox.faults_cli import app as faults

app = typer.Typer(
    name="dataflowxpress",
    help="One DataPipeline resource for a serverless CSV-to-Parquet pipeline on AWS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
sandbox.add_typer(faults, name="faults")
app.add_typer(sandbox, name="sandbox")


class LogFormat(StrEnum):
    """How log lines are written."""

    json = "json"
    full = "full"


@app.command()
def run(
    namespace: Annotated[
        list[str] | None, typer.Option(help="Watch these namespaces; all where left out.")
    ] = None,
    log_format: Annotated[LogFormat, typer.Option(help="How log lines are written.")] = (
        LogFormat.json
    ),
    look_every: Annotated[
        float, typer.Option(min=1, help="Seconds between looks at a pipeline's data.")
    ] = 60,
    liveness: Annotated[
        str, typer.Option(help="Where to answer probes, for example http://0.0.0.0:8080/healthz.")
    ] = "",
    metrics: Annotated[
        str, typer.Option(help="Where Prometheus finds metrics: HOST:PORT, or :PORT.")
    ] = "",
) -> None:
    """Run the operator against the current cluster and AWS account, until it is stopped."""
    import kopf

    from . import handlers  # noqa: F401 - its import registers the handlers
    from .telemetry import logs, traces

    kopf.configure(log_format=kopf.LogFormat[log_format.upper()])
    logs.install()
    traces.start()
    if metrics:
        _serve(metrics)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    kopf.run(
        standalone=True,
        clusterwide=not namespace,
        namespaces=namespace or (),
        liveness_endpoint=liveness or None,
        memo=kopf.Memo(idle_look=look_every),
    )


def _serve(address: str) -> None:
    from .telemetry.metrics import Address, serve

    try:
        serve(Address.parse(address))
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--metrics") from error


@app.command()
def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the sandbox is.")] = Path(
        ".sandbox"
    ),
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave all of it running.")] = False,
) -> None:
    """Send real CSV files through a pipeline on the sandbox, and check every figure."""
    from rich.console import Console

    from .demo.demo import Demo

    console = Console()
    story = Demo(directory, console)
    with explained():
        try:
            good = story.run(keep=keep)
        finally:
            if not keep:
                story.sandbox.down()
    raise typer.Exit(code=not good)


@app.command()
def crd() -> None:
    """Print the CustomResourceDefinition."""
    from .crd import manifest

    typer.echo(manifest(), nl=False)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
