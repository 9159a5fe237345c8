"""Files with credentials, which no other user of the machine can read at any time."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox.kube import kubeconfig
from dataflowxpress_sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = re.compile(rb"token: \S|\w,admin,admin|aws_secret_access_key *= *\S|SECRET_ACCESS_KEY=\S")


@pytest.fixture
def umask() -> Iterator[None]:
    """The most open umask."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_a_kubeconfig_is_created_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    kubeconfig.write(path, {"server": "https://localhost"}, {"token": "secret"})
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("umask")
def test_whoever_has_opened_an_old_kubeconfig_does_not_read_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("old")
    assert mode(path) == 0o666
    with path.open() as opened:
        kubeconfig.write(path, {"server": "https://localhost"}, {"token": "secret"})
        assert opened.read() == "old"
    assert mode(path) == 0o600


@pytest.mark.usefixtures("umask")
def test_no_other_user_can_read_a_file_of_a_sandbox_that_has_credentials(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "sandbox", operator=False)
    with sandbox.running():
        files = [path for path in sandbox.directory.rglob("*") if path.is_file()]
        private = {
            str(path.relative_to(sandbox.directory)): mode(path)
            for path in files
            if SECRETS.search(path.read_bytes())
        }
    assert {"kubeconfig", "env", "aws-credentials", "kubernetes/tokens.csv"} <= private.keys()
    assert {name: oct(found) for name, found in private.items() if found & 0o077} == {}
