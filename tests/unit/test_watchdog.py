"""Watchdog: a process that lost its Lease ends, even if nobody reads its log."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SECONDS = 30
DEADLINE = (
    "from dataflowxpress.manager.watchdog import Watchdog; import time; Watchdog().extend(0.2); "
)


@pytest.fixture
def unread() -> int:
    """Return the writing end of a full pipe that nobody reads, as behind a hung log collector."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    os.set_inheritable(reading, False)
    return writing


@pytest.mark.parametrize(
    "code",
    [
        DEADLINE + "time.sleep(60)",
        DEADLINE + "import sys; sys.stderr.write('x' * 100_000)",
        "from dataflowxpress.manager.watchdog import Watchdog; Watchdog().end('another leads')",
    ],
    ids=["the deadline passes", "a thread is blocked on its log", "another operator leads"],
)
def test_the_process_ends_although_its_stderr_is_blocked(unread: int, code: str) -> None:
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stderr=unread) as process:
        try:
            assert process.wait(SECONDS) == 1
        finally:
            process.kill()
            os.close(unread)


def test_the_log_says_where_a_process_hung() -> None:
    argv = [sys.executable, "-c", DEADLINE + "time.sleep(60)"]
    done = subprocess.run(argv, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "<string>" in done.stderr
