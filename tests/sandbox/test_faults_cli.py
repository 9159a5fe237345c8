"""Faults set, listed and cleared by the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataflowxpress.cli.app import app
from dataflowxpress_sandbox.sandbox import Sandbox


def faults(directory: Path, *arguments: str) -> tuple[int, str]:
    reported = CliRunner().invoke(
        app, ["sandbox", "faults", *arguments, "--dir", str(directory)], env={"COLUMNS": "200"}
    )
    return reported.exit_code, reported.output


@pytest.fixture
def directory(sandbox: Sandbox) -> Path:
    return sandbox.directory


def test_a_fault_is_set_listed_and_cleared(directory: Path) -> None:
    code, number = faults(directory, "set", "throttle", "glue:StartCrawler", "--rate", "0.5")
    assert code == 0
    _, listed = faults(directory, "list")
    assert re.search(rf"{number.strip()} +throttle +glue:StartCrawler +\* +\* +0.5 +0", listed)
    assert faults(directory, "clear", number.strip()) == (0, "")
    assert faults(directory, "list") == (0, "There are no faults.\n")


def test_a_fault_that_cannot_be_is_refused_with_what_is_possible(directory: Path) -> None:
    code, message = faults(directory, "set", "double", "s3:PutObject")
    assert code == 1
    assert "does not apply to a call" in message
    code, message = faults(directory, "clear", "999")
    assert code == 1
    assert "fault 999 does not exist" in message


def test_without_a_sandbox_the_cure_is_named(tmp_path: Path) -> None:
    code, message = faults(tmp_path / "nothing", "list")
    assert code == 1
    assert "dataflowxpress sandbox up" in message
