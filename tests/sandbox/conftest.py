"""A running sandbox, for tests that leave it as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox without an operator, in a folder whose name has a space."""
    with Sandbox(tmp_path_factory.mktemp("up") / "a sandbox", operator=False).running() as started:
        yield started
