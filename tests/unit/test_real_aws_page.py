"""The page about real accounts: its commands exist, because no emulator runs them."""

from __future__ import annotations

import re
import shlex

import botocore.session
import pytest
from botocore import xform_name

from dataflowxpress.blueprint import artifacts
from dataflowxpress.cli.app import COMMANDS

PAGE = artifacts.path("docs/real-aws.md").read_text()
BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
LINES = [line.strip().rpartition("| ")[2] for line in BLOCKS.splitlines()]
GLOBAL = {"query", "output", "cli-binary-format"}


@pytest.mark.parametrize(
    "line", [line for line in LINES if line.startswith("aws ") and " s3 " not in line]
)
def test_a_command_of_aws_has_an_operation_with_these_options(line: str) -> None:
    _, service, command, *arguments = shlex.split(line, comments=True)
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[command]).input_shape
    assert shape
    known = {xform_name(name, "-") for name in shape.members} | GLOBAL
    used = {each.removeprefix("--") for each in arguments if each.startswith("--")}
    assert used <= known


def test_a_command_of_ours_exists() -> None:
    used = {shlex.split(line)[1] for line in LINES if line.startswith("dataflowxpress ")}
    assert used <= COMMANDS.keys()
    assert "smoke" in used
