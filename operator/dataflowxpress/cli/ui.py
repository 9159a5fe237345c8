"""UI: the command that serves the page."""

from __future__ import annotations

import gc
import secrets
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataflowxpress.manager.probes import Address

from .failures import Failure, reported_errors
from .target import Context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflowxpress.ui.samples import Read
    from dataflowxpress.ui.server import Server

LOOPBACK = "127.0.0.1"
TlsFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="With --listen: PEM file, to serve HTTPS."),
]
Namespaces = Annotated[
    list[str] | None,
    typer.Option(
        "--namespace", "-n", help="Show this namespace; repeatable. Default: all namespaces."
    ),
]


def ui(  # noqa: PLR0913, PLR0917 - options of a command
    namespace: Namespaces = None,
    context: Context = "",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on the loopback. Default: any free port.")
    ] = 0,
    listen: Annotated[
        Address | None,
        typer.Option(
            parser=Address.parse,
            help="Serve at HOST:PORT, or :PORT, for users of the cluster: each needs a token of"
            " the API server, and sees what its rights allow.",
        ),
    ] = None,
    tls_cert_file: TlsFile = None,
    tls_private_key_file: TlsFile = None,
    *,
    rejects: Annotated[
        bool,
        typer.Option(
            "--rejects",
            help="Also show rejected rows: read them with the AWS credentials of the current"
            " environment. Not with --listen.",
        ),
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Show the pipelines of a cluster in the browser, live; it changes nothing.

    The page uses your kubeconfig, and is reachable only from this machine with the printed address.

    Examples:
    - `dataflowxpress ui`
    - `dataflowxpress ui -n data --no-browser`
    - `dataflowxpress ui --listen :8082`

    """
    gc.enable()  # main() disables it
    with reported_errors():
        tls = (tls_cert_file, tls_private_key_file)
        if any(tls) and not (listen and all(tls)):
            raise Failure("--tls-cert-file and --tls-private-key-file need each other and --listen")
        if rejects and listen:
            raise Failure(
                "--rejects uses your AWS credentials, which others must not: omit --listen"
            )
        if listen:
            server = replace(_for_the_cluster(listen, namespace or [], context), tls=tls)
        else:
            server = _for_the_user(port, namespace or [], context, browser=browser)
            server = replace(server, rejects=_reader(context) if rejects else None)
        server.run()


def _for_the_user(port: int, namespaces: list[str], context: str, *, browser: bool) -> Server:
    from kubernetes import config

    from dataflowxpress.kube.core import CoreApi
    from dataflowxpress.ui.access import OwnAccess
    from dataflowxpress.ui.server import Server

    token = secrets.token_urlsafe(32)

    def started(port: int) -> None:
        # After the hash: browsers send this part to no server, and no log contains it.
        url = f"http://{LOOPBACK}:{port}/#token={token}"
        typer.echo(f"The page is at {url}\nCtrl-C ends it.")
        if browser:
            webbrowser.open(url)

    return Server(
        core=CoreApi(config.new_client_from_config(context=context or None)),
        access=OwnAccess(token),
        host=LOOPBACK,
        port=port,
        namespaces=namespaces,
        on_loopback=True,
        started=started,
    )


def _reader(context: str) -> Read:
    """Return a function that reads rejected rows with the AWS credentials of the environment."""
    from dataflowxpress.api.errors import Refused
    from dataflowxpress.dataplane.rejects import Reject, Selection, rejected_objects, rejects_of

    from .recorded import recorded
    from .target import in_cluster

    def read(namespace: str, name: str) -> Iterator[Reject]:
        try:
            pipeline = recorded(in_cluster(name, namespace, context))
        except Failure as error:
            raise Refused(str(error)) from None
        s3 = pipeline.connection.client("s3")
        for each in rejected_objects(s3, pipeline.bucket, Selection()):
            yield from rejects_of(s3, pipeline.bucket, each)

    return read


def _for_the_cluster(address: Address, namespaces: list[str], context: str) -> Server:
    from kubernetes import config

    from dataflowxpress.kube.client import connect
    from dataflowxpress.kube.core import CoreApi
    from dataflowxpress.ui.access import ClusterAccess, Reviews
    from dataflowxpress.ui.server import Server

    if context:
        core = CoreApi(config.new_client_from_config(context=context))
    else:
        connect()
        core = CoreApi()
    return Server(
        core=core,
        access=ClusterAccess(Reviews(core)),
        host=address.host,
        port=address.port,
        namespaces=namespaces,
        started=lambda port: typer.echo(f"Serving the page at port {port}."),
    )
