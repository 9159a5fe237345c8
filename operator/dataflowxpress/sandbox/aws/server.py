"""AWS server: ministack with IAM enforced, and what the sandbox adds to it, on one loopback port.

State lives in memory and ends with the process. Import this only after `settings.apply`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio import serve as hypercorn
from hypercorn.config import Config
from ministack import app
from ministack.core import lambda_runtime

from dataflowxpress.sandbox.aws import HOST, Aws, permissions
from dataflowxpress.sandbox.aws.children import Children
from dataflowxpress.sandbox.aws.glue import api
from dataflowxpress.sandbox.aws.spark import archive

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("dataflowxpress.sandbox.aws")


def serve(port: int, directory: Path) -> None:
    """Serve until SIGTERM or SIGINT, then end with every process that was started meanwhile."""
    children = Children()
    children.adopt(lambda_runtime)
    permissions.install()
    aws = Aws(port)
    jobs = api.install(aws, directory)
    try:
        asyncio.run(_serve(aws))
    finally:
        jobs.end()
        children.end()
    # Invocations that still wait for their killed worker hold threads that would delay a return.
    logging.shutdown()
    os._exit(0)


async def _serve(aws: Aws) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)

    async def stopped() -> None:
        await stop.wait()

    archive.train_in_background(aws)
    config = Config()
    config.bind = [f"{HOST}:{aws.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    await hypercorn(_as_over_tls, config, shutdown_trigger=stopped)


async def _as_over_tls(scope: Any, receive: Any, send: Any) -> None:
    """Take requests for ones over TLS, which policies ask for: loopback is as private."""
    await app.app({**scope, "scheme": "https"}, receive, send)
