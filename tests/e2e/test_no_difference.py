"""What is applied stays as it was applied: no tool that compares sees a difference, for ever."""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import product

import pytest

from dataflowxpress.blueprint import artifacts
from tests.e2e.conftest import User
from tests.sample import sampled

pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not on PATH")
HOW = ("--server-side=false", "--server-side=true")
NAMES = {"complete": "orders", "minimal": "minimal"}  # every optional field, and none


def kubectl(user: User, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **user.sandbox.env()}
    return subprocess.run(
        ["kubectl", *arguments], env=environment, check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("example", "how"),
    sampled(product(NAMES, HOW), [("complete", HOW[0]), ("minimal", HOW[1])].__contains__),
)
def test_an_applied_pipeline_has_no_difference_to_its_file(
    example: str, how: str, user: User
) -> None:
    file = str(artifacts.path(f"examples/{example}.yaml"))
    applied = kubectl(user, "apply", how, "-f", file)
    assert applied.returncode == 0, applied.stderr
    user.ready(NAMES[example])
    compared = kubectl(user, "diff", how, "-f", file)
    assert (compared.returncode, compared.stdout) == (0, ""), compared.stderr
    user.gone(NAMES[example])
