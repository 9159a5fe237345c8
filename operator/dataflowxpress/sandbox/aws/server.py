"""AWS server: ministack with IAM enforced, and what the sandbox adds to it, on one loopback port.

State lives in memory and ends with the process. Import this only after `settings.apply`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from typing import TYPE_CHECKING

from hypercorn.asyncio import serve as hypercorn
from hypercorn.config import Config
from ministack import app
from ministack.core import lambda_runtime

from dataflowxpress.sandbox.aws import HOST, Aws, permissions
from dataflowxpress.sandbox.aws.children import Children
from dataflowxpress.sandbox.aws.glue import api

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("dataflowxpress.sandbox.aws")


def serve(port: int, directory: Path) -> None:
    """Serve until SIGTERM or SIGINT, then end with every process that was started meanwhile."""
    children = Children()
    children.adopt(lambda_runtime)
    permissions.install()
    jobs = api.install(Aws(port), directory)
    try:
        asyncio.run(_serve(port))
    finally:
        jobs.end()
        children.end()
    # Invocations that still wait for their killed worker hold threads that would delay a return.
    logging.shutdown()
    os._exit(0)


async def _serve(port: int) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)

    async def stopped() -> None:
        await stop.wait()

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    await hypercorn(app.app, config, shutdown_trigger=stopped)
