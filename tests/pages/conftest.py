"""One sandbox for all pages, and the number of blocks by their check."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import User
from tests.pages.blocks import PAGES, counts


@pytest.fixture(scope="package")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody who reads the pages beside a sandbox."""
    with User.of_a_sandbox(tmp_path_factory.mktemp("pages")) as user:
        yield user


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section(f"blocks on {len(PAGES)} pages")
    for outcome, number in sorted(counts().items()):
        terminalreporter.line(f"{number:4} {outcome}")
