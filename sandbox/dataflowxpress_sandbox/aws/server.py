"""AWS server: ministack with IAM enforced and the sandbox's extensions, on one loopback port.

The state is in memory only. Import this module after `settings.apply`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import TYPE_CHECKING, Any

import uvicorn
from ministack import app
from ministack.core import lambda_runtime

from . import (
    HOST,
    Aws,
    event_buses,
    gaps,
    lakeformation,
    limits,
    lists,
    metrics,
    query_alarms,
    tagged,
)
from .children import Children, when_parent_ends
from .clock import Clock
from .cloudtrail import delivery
from .exchanges import recording
from .faults.control import Control
from .glue import api
from .iam import (
    bucket_owner,
    deleted_role,
    deliveries,
    encryption,
    enforcement,
    function_grant,
    function_role,
    network,
    trust,
)
from .iam.ledger import Ledger
from .postman import Postman
from .scheduler.service import Scheduler
from .subscriptions import Subscriptions

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("dataflowxpress_sandbox.aws")


def serve(port: int, directory: Path, *, tied: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, then end together with all child processes.

    With `tied`, the server also stops at the end of standard input.
    """
    children = Children()
    children.adopt(lambda_runtime)
    ledger = Ledger()
    enforcement.install(ledger)
    function_role.install(ledger)
    network.install(ledger)
    function_grant.install()
    deleted_role.install()
    trust.install()
    bucket_owner.install()
    encryption.install()
    deliveries.install()
    event_buses.install()
    gaps.install()
    query_alarms.install()
    limits.install()
    tagged.install()
    lists.install()
    aws = Aws(port)
    jobs = api.install(aws, directory)
    lakeformation.install()
    postman = Postman(directory)
    clock = Clock()
    Subscriptions(aws, postman, clock).install()
    Scheduler(aws, clock).install()
    delivery.install()
    metrics.start()
    control = Control(clock.page(ledger.page(_as_over_tls)))
    control.install()
    try:
        asyncio.run(_serve(aws, postman, recording(control), tied=tied))
    finally:
        jobs.end()
        children.end()
    # Threads that wait for killed function workers would delay a normal exit.
    logging.shutdown()
    os._exit(0)


async def _serve(aws: Aws, postman: Postman, front: Any, *, tied: bool) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            front,
            host=HOST,
            port=aws.port,
            http="httptools",  # three times as fast as h11
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,  # ministack adds it
        )
    )

    def stop() -> None:
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop)  # uvicorn sends the signal again when it has stopped
    if tied:
        when_parent_ends(stop)
    await postman.start()
    await server.serve()


async def _as_over_tls(scope: Any, receive: Any, send: Any) -> None:
    """Treat requests as made over TLS, which policies require: loopback is private."""
    await app.app({**scope, "scheme": "https"}, receive, send)
