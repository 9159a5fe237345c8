"""Operator: the commands that run the operator, and check its access."""

from __future__ import annotations

import gc
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


def operator(  # noqa: PLR0913, PLR0917 - each is an option
    namespace: Namespaces = None,
    selector: Selector = "",
    lease: LeaseName = "",
    log_format: Annotated[LogFormat, typer.Option(help="Format of log lines.")] = LogFormat.json,
    tenant_policy: Annotated[
        Path | None,
        typer.Option(
            help="YAML file with the accounts, regions, roles and names that each namespace may"
            " use. Default: derived names only, and no roles, scripts, keys or adoption."
        ),
    ] = None,
    poll_interval: Annotated[
        float, typer.Option(min=1, help="Poll a pipeline's data at this interval in seconds.")
    ] = 60,
    probes: Annotated[
        Address | None,
        typer.Option(
            parser=Address.parse,
            help="Serve /healthz and /readyz at this address: HOST:PORT, or :PORT.",
        ),
    ] = None,
    metrics: Annotated[
        Address | None,
        typer.Option(
            parser=Address.parse,
            help="Serve Prometheus metrics at this address: HOST:PORT, or :PORT.",
        ),
    ] = None,
    metrics_tls_cert_file: Annotated[
        Path | None,
        typer.Option(exists=True, help="Serve metrics over HTTPS with this certificate in PEM."),
    ] = None,
    metrics_tls_private_key_file: Annotated[
        Path | None, typer.Option(exists=True, help="Private key of the certificate in PEM.")
    ] = None,
    watch_stale_after: Annotated[
        float,
        typer.Option(
            min=1,
            help="Fail the liveness probe if a change stays unobserved for this many seconds.",
        ),
    ] = 120,
    progress_deadline: Annotated[
        float,
        typer.Option(
            min=1,
            help="Fail the liveness probe if work makes no progress for this many seconds.",
        ),
    ] = 1800,
    rate: Annotated[
        list[str] | None,
        typer.Option(
            callback=_rates,
            help="SERVICE=CALLS: make at most this many calls per second to a service of an account"
            " and region, for example iam=20; repeatable. The default is two thirds of AWS' quota.",
        ),
    ] = None,
    change_queue: Annotated[
        str,
        typer.Option(
            help="Name of an SQS queue that receives CloudTrail's events: compare a pipeline once a"
            " call of others changes its resources."
        ),
    ] = "",
    change_resync: Annotated[
        float,
        typer.Option(
            min=600,
            help="Seconds between comparisons of a pipeline whose changes arrive in that queue. A"
            " longer spec.resyncInterval takes precedence.",
        ),
    ] = 21_600,
    *,
    metrics_auth: Annotated[
        bool,
        typer.Option(
            "--metrics-auth",
            help="Serve metrics only with a bearer token whose user can get the path /metrics.",
        ),
    ] = False,
    shared_lists: Annotated[
        bool,
        typer.Option(
            help="Compare pipelines at rest with lists of their account that they share, instead of"
            " reading each resource in each comparison."
        ),
    ] = True,
) -> None:
    """Run the operator against the current cluster and AWS account, until it is stopped.

    Example: `dataflowxpress operator --namespace data --log-format full`
    """
    from dataflowxpress.aws.rates import RATES, parse
    from dataflowxpress.controller.tenancy import InvalidTenantPolicy, TenantPolicy
    from dataflowxpress.manager import metrics_server
    from dataflowxpress.manager.operation import configure_logging
    from dataflowxpress.manager.service import Service
    from dataflowxpress.telemetry import context as logs
    from dataflowxpress.telemetry import traces

    gc.enable()  # main() disables it
    RATES.configure(parse(rate or ()))
    configure_logging(log_format)
    logs.install()
    traces.start()
    if metrics:
        certificate = (metrics_tls_cert_file, metrics_tls_private_key_file)
        if any(certificate) and not all(certificate):
            raise typer.BadParameter(
                "give a certificate and its key", param_hint="--metrics-tls-cert-file"
            )
        metrics_server.start(metrics, certificate, authenticate=metrics_auth)
    try:
        policy = TenantPolicy.read(tenant_policy) if tenant_policy else TenantPolicy()
    except InvalidTenantPolicy as error:
        raise typer.BadParameter(str(error), param_hint="--tenant-policy") from None
    service = Service(
        tenant_policy=policy,
        namespaces=namespace or [],
        selector=selector,
        lease=lease,
        probes=probes,
        poll_interval=poll_interval,
        watch_stale_after=watch_stale_after,
        progress_deadline=progress_deadline,
        shared_lists=shared_lists,
        change_queue=change_queue,
        change_resync=change_resync,
    )
    service.run()


def check(namespace: Namespaces = None, lease: LeaseName = "") -> None:
    """Check the access of an operator to the cluster and to AWS; exit with 1 if it fails.

    Example: `kubectl exec deployment/dataflowxpress -- dataflowxpress check`
    """
    from dataflowxpress.manager.service import Service

    well, text = Service(namespaces=namespace or [], lease=lease).check()
    typer.echo(text, nl=False)
    raise typer.Exit(code=not well)
