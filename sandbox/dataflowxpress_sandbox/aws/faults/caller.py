"""Caller: finds and kills the process at the other end of a connection."""

from __future__ import annotations

import contextlib
import logging
import os
import signal

import psutil

from dataflowxpress_sandbox.aws import HOST
from dataflowxpress_sandbox.aws.spark import process

_ATTEMPTS = 20  # reads of the kernel's connection table are not atomic and can miss entries

logger = logging.getLogger("dataflowxpress.faults")


def kill(port: int) -> None:
    """Kill the process with this local port: a job with its Spark processes or a function worker.

    A caller within this process, such as a crawl, is not killed.
    """
    pid = _owner(port)
    if pid in (None, os.getpid()):
        logger.warning("no other process has port %d", port)
        return
    with contextlib.suppress(ProcessLookupError):  # the process has already ended
        if os.getsid(pid) == os.getsid(0):  # a worker, in the process group of all workers
            os.kill(pid, signal.SIGKILL)
        else:
            process.kill_group(os.getpgid(pid))
    logger.info("killed process %d", pid)


def _owner(port: int) -> int | None:
    me = os.getpid()
    for _ in range(_ATTEMPTS):
        connections = psutil.net_connections("tcp4")
        # The port can also belong to a connection with another server, so compare both ends.
        servers = {
            each.laddr for each in connections if each.pid == me and each.raddr == (HOST, port)
        }
        for each in connections:
            if each.laddr == (HOST, port) and each.raddr in servers and each.pid:
                return int(each.pid)
    return None
