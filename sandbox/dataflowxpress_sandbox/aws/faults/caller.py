"""Caller: the process behind a connection, and its end."""

from __future__ import annotations

import contextlib
import logging
import os
import signal

import psutil

from dataflowxpress_sandbox.aws import HOST
from dataflowxpress_sandbox.aws.spark import process

_LOOKS = 20  # the kernel's table is read in pieces, and misses some while others come and go

logger = logging.getLogger("dataflowxpress.faults")


def kill(port: int) -> None:
    """Kill the process that has this local port: a job with all of its Spark, a Lambda's worker.

    What runs in this process, as a crawl does, is left alone.
    """
    pid = _behind(port)
    if pid in (None, os.getpid()):
        logger.warning("nobody to kill behind port %d", port)
        return
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        if os.getsid(pid) == os.getsid(0):  # a worker of ours, in the group of all workers
            os.kill(pid, signal.SIGKILL)
        else:
            process.kill_group(os.getpgid(pid))
    logger.info("killed process %d", pid)


def _behind(port: int) -> int | None:
    me = os.getpid()
    for _ in range(_LOOKS):
        there = psutil.net_connections("tcp4")
        # Others may have the same port to talk to somebody else: only the two ends tell.
        ours = {each.laddr for each in there if each.pid == me and each.raddr == (HOST, port)}
        for each in there:
            if each.laddr == (HOST, port) and each.raddr in ours and each.pid:
                return int(each.pid)
    return None
