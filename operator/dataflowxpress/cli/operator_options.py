"""Operator options: what `dataflowxpress operator` and `check` accept."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dataflowxpress.manager.probes import Address


class LogFormat(StrEnum):
    """The format of log lines."""

    json = "json"
    full = "full"


def _lease(value: str) -> str:
    if value and not all(value.partition("/")):
        raise typer.BadParameter(f"{value!r} is not NAMESPACE/NAME")
    return value


def _rates(values: list[str] | None) -> list[str] | None:
    if not values:  # also while the shell completes a command
        return values
    from dataflowxpress.aws.rates import InvalidRate, parse

    try:
        parse(values)
    except InvalidRate as error:
        raise typer.BadParameter(str(error)) from None
    return values


Namespaces = Annotated[
    list[str] | None,
    typer.Option("--namespace", help="Watch this namespace; repeatable. Default: all namespaces."),
]
Selector = Annotated[
    str, typer.Option(help="Watch only pipelines with these labels, for example shard=a.")
]
LeaseName = Annotated[
    str,
    typer.Option(
        callback=_lease,
        help="NAMESPACE/NAME of a Lease. Of several operators, only its holder works.",
    ),
]
LogFormatOption = Annotated[LogFormat, typer.Option(help="Format of log lines.")]
TenantPolicyFile = Annotated[
    Path | None,
    typer.Option(
        help="YAML file with the accounts, regions, roles and names that each namespace may"
        " use. Default: derived names only, and no roles, scripts, keys or adoption."
    ),
]
PollInterval = Annotated[
    float, typer.Option(min=1, help="Poll a pipeline's data at this interval in seconds.")
]
Probes = Annotated[
    Address | None,
    typer.Option(
        parser=Address.parse,
        help="Serve /healthz and /readyz at this address: HOST:PORT, or :PORT.",
    ),
]
Metrics = Annotated[
    Address | None,
    typer.Option(
        parser=Address.parse,
        help="Serve Prometheus metrics at this address: HOST:PORT, or :PORT.",
    ),
]
MetricsCertificate = Annotated[
    Path | None,
    typer.Option(exists=True, help="Serve metrics over HTTPS with this certificate in PEM."),
]
MetricsPrivateKey = Annotated[
    Path | None, typer.Option(exists=True, help="Private key of the certificate in PEM.")
]
MetricsAuth = Annotated[
    bool,
    typer.Option(
        "--metrics-auth",
        help="Serve metrics only with a bearer token whose user can get the path /metrics.",
    ),
]
WatchStaleAfter = Annotated[
    float,
    typer.Option(
        min=1, help="Fail the liveness probe if a change stays unobserved for this many seconds."
    ),
]
ProgressDeadline = Annotated[
    float,
    typer.Option(
        min=1, help="Fail the liveness probe if work makes no progress for this many seconds."
    ),
]
Rate = Annotated[
    list[str] | None,
    typer.Option(
        callback=_rates,
        help="SERVICE=CALLS: make at most this many calls per second to a service of an account"
        " and region, for example iam=20; repeatable. The default is two thirds of AWS' quota.",
    ),
]
ChangeQueueName = Annotated[
    str,
    typer.Option(
        help="Name of an SQS queue that receives CloudTrail's events: compare a pipeline once a"
        " call of others changes its resources."
    ),
]
ChangeResync = Annotated[
    float,
    typer.Option(
        min=600,
        help="Seconds between comparisons of a pipeline whose changes arrive in that queue. A"
        " longer spec.resyncInterval takes precedence.",
    ),
]
SharedLists = Annotated[
    bool,
    typer.Option(
        help="Compare pipelines at rest with lists of their account that they share, instead of"
        " reading each resource in each comparison."
    ),
]
