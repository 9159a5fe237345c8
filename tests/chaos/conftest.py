"""Fixtures of the chaos suite: a sandbox of its own, whose faults disturb nobody else."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from dataflowxpress_sandbox.aws.faults import Faults
from tests.e2e.conftest import User


@pytest.fixture(scope="package")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody who works with a sandbox in which things go wrong."""
    with User.of_a_sandbox(tmp_path_factory.mktemp("chaos")) as user:
        yield user


@pytest.fixture(scope="package")
def faults(user: User) -> Faults:
    """The faults of that sandbox."""
    return Faults(user.cloud)


def asked(name: str, usual: int) -> int:
    """Return a number from the environment, as `make chaos` sets it."""
    return int(os.environ.get(f"CHAOS_{name}") or usual)
