"""Operator: the commands that run the operator, and check its access."""

from __future__ import annotations

import gc
import logging
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from . import operator_options as options
from .failures import reported_errors

if TYPE_CHECKING:
    from dataflowxpress.controller.tenancy import TenantPolicy
    from dataflowxpress.manager.probes import Address

YOUNG = 10_000  # objects that are allocated between two collections of garbage

log = logging.getLogger(__name__)


def operator(  # noqa: PLR0913, PLR0917 - each is an option
    namespace: options.Namespaces = None,
    selector: options.Selector = "",
    lease: options.LeaseName = "",
    log_format: options.LogFormatOption = options.LogFormat.json,
    tenant_policy: options.TenantPolicyFile = None,
    poll_interval: options.PollInterval = 60,
    probes: options.Probes = None,
    metrics: options.Metrics = None,
    metrics_tls_cert_file: options.MetricsCertificate = None,
    metrics_tls_private_key_file: options.MetricsPrivateKey = None,
    watch_stale_after: options.WatchStaleAfter = 120,
    progress_deadline: options.ProgressDeadline = 1800,
    rate: options.Rate = None,
    change_queue: options.ChangeQueueName = "",
    change_resync: options.ChangeResync = 21_600,
    *,
    metrics_auth: options.MetricsAuth = False,
    shared_lists: options.SharedLists = True,
) -> None:
    """Run the operator against the current cluster and AWS account, until it is stopped.

    Example: `dataflowxpress operator --namespace data --log-format full`
    """
    from dataflowxpress.aws.rates import RATES, parse
    from dataflowxpress.manager.service import Service

    gc.enable()  # main() disables it
    RATES.configure(parse(rate or ()))
    _observe(log_format)
    certificate = (metrics_tls_cert_file, metrics_tls_private_key_file)
    _serve_metrics(metrics, certificate, authenticate=metrics_auth)
    service = Service(
        tenant_policy=_read(tenant_policy),
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
    _connect()
    collect_less()
    service.run()


def check(namespace: options.Namespaces = None, lease: options.LeaseName = "") -> None:
    """Check the access of an operator to the cluster and to AWS; exit with 1 if it fails.

    Example: `kubectl exec deployment/dataflowxpress -- dataflowxpress check`
    """
    from dataflowxpress.manager.service import Service

    _connect()
    well, text = Service(namespaces=namespace or [], lease=lease).check()
    typer.echo(text, nl=False)
    raise typer.Exit(code=not well)


def collect_less() -> None:
    """Collect garbage more rarely, and without what is imported, which stays.

    Otherwise, it is a twentieth of the processor time, and stops all threads for up to 0.15 s.
    """
    gc.freeze()
    gc.set_threshold(YOUNG)


def _connect() -> None:
    from dataflowxpress.kube.client import connect

    with reported_errors():
        connect()


def _observe(log_format: str) -> None:
    """Start logs and traces."""
    from dataflowxpress.manager.operation import configure_logging
    from dataflowxpress.telemetry import context as logs
    from dataflowxpress.telemetry import traces

    configure_logging(log_format)
    logs.install()
    log.info("DataFlowXpress %s starts", version("dataflowxpress"))
    traces.start()


def _serve_metrics(
    address: Address | None, certificate: tuple[Path | None, Path | None], *, authenticate: bool
) -> None:
    if address is None:
        return
    from dataflowxpress.manager import metrics_server

    if any(certificate) and not all(certificate):
        raise typer.BadParameter(
            "give a certificate and its key", param_hint="--metrics-tls-cert-file"
        )
    metrics_server.start(address, certificate, authenticate=authenticate)


def _read(tenant_policy: Path | None) -> TenantPolicy:
    from dataflowxpress.controller.tenancy import InvalidTenantPolicy, TenantPolicy

    try:
        return TenantPolicy.read(tenant_policy) if tenant_policy else TenantPolicy()
    except InvalidTenantPolicy as error:
        raise typer.BadParameter(str(error), param_hint="--tenant-policy") from None
