"""Session: records all calls to the emulated AWS, and fails the session if one breaks a model.

The hooks belong to `tests/conftest.py`. Operators, functions and jobs need none: each emulator
inherits the variable and records what arrives.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from dataflowxpress_sandbox.aws.exchanges import VARIABLE

_records = pytest.StashKey[Path]()
_report = pytest.StashKey[Any]()


def pytest_configure(config: pytest.Config) -> None:
    """Start to record, once for all workers."""
    if hasattr(config, "workerinput"):
        return
    directory = Path(tempfile.mkdtemp(prefix="aws-calls-"))
    config.stash[_records] = directory
    os.environ[VARIABLE] = str(directory)
    config.add_cleanup(functools.partial(_forget, directory))


def _forget(directory: Path) -> None:
    del os.environ[VARIABLE]
    shutil.rmtree(directory)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Check what was recorded, when all workers have ended."""
    directory = session.config.stash.get(_records, None)
    if directory is None or not any(directory.iterdir()):
        return
    from tests.models.report import Report  # takes 0.5 s

    report = session.config.stash[_report] = Report()
    report.check(directory)
    if report.findings and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the counts, and each call that breaks a model."""
    if report := config.stash.get(_report, None):
        counts, *findings = report.lines()
        terminalreporter.section("calls to AWS", red=bool(findings))
        terminalreporter.line(counts)
        for finding in findings:
            terminalreporter.line(f"FAILED {finding}", red=True)
