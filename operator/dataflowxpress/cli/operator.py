"""Operator: the command that runs it."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Annotated

import typer


class LogFormat(StrEnum):
    """How log lines are written."""

    json = "json"
    full = "full"


def operator(
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
    """Run the operator against the current cluster and AWS account, until it is stopped.

    Example: `dataflowxpress operator --namespace data --log-format full`
    """
    import kopf

    from dataflowxpress import handlers  # noqa: F401 - its import registers the handlers
    from dataflowxpress.telemetry import logs, traces

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
    from dataflowxpress.telemetry.metrics import Address, serve

    try:
        serve(Address.parse(address))
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error), param_hint="--metrics") from error
