"""Commands and names on the pages exist: also those that no sandbox can run."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name
from botocore.model import ServiceModel
from typer._click.core import Command, Context  # typer has its own copy of click
from typer.core import TyperGroup
from typer.main import get_command

from dataflowxpress.api.crd import definition
from dataflowxpress.cli.app import app
from dataflowxpress.cli.lazy import LazyCommand
from tests.pages.blocks import PAGES, ROOT
from tests.pages.words import commands, inline

BY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
PLACEHOLDER = re.compile(r"[A-Z_]+|…|\.\.\.|<.*>")
NAMES = {"s3api": "s3"}
CUSTOM = {  # commands of the AWS CLI that are no operations
    ("cloudformation", "deploy"): {
        "capabilities",
        "parameter-overrides",
        "stack-name",
        "template-file",
    },
}
S3 = {"cp", "ls", "mb", "rb", "rm", "sync"}
GLOBAL = {"cli-binary-format", "endpoint-url", "output", "profile", "query", "region"}
FIELD = re.compile(r"(spec|status)((?:\.[a-z]\w*(?:\[\])?)+)(?:: .*|=.*)?")


@BY_PAGE
def test_a_command_of_ours_has_the_options_that_the_page_gives(page: Path) -> None:
    for words in commands(page, "dataflowxpress", "kubectl dataflow"):
        check_ours(words[2:] if words[0] == "kubectl" else words[1:])


def check_ours(words: list[str]) -> None:
    command: Command = get_command(app)
    context = Context(command)
    for word in words:
        if word.startswith("-"):
            assert word.split("=")[0] in options(command, context), (words, word)
        elif isinstance(command, TyperGroup) and not PLACEHOLDER.fullmatch(word):
            found = command.get_command(context, word)
            assert found, (words, word)
            command = found.load() if isinstance(found, LazyCommand) else found
            context = Context(command)


def options(command: Command, context: Context) -> set[str]:
    return {
        name
        for parameter in command.get_params(context)
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


@BY_PAGE
def test_a_command_of_aws_has_an_operation_with_the_options_that_the_page_gives(
    page: Path,
) -> None:
    for words in commands(page, "aws"):
        service, *rest = [word for word in words[1:] if not PLACEHOLDER.fullmatch(word)] or [""]
        if service == "s3":
            assert rest[0] in S3, words
        elif rest:
            check_aws(service, rest[0], rest[1:])


def check_aws(service: str, command: str, arguments: list[str]) -> None:
    known = (CUSTOM.get((service, command)) or members(service, command)) | GLOBAL
    used = {each.removeprefix("--") for each in arguments if each.startswith("--")}
    assert used <= known, (service, command, used - known)


def members(service: str, command: str) -> set[str]:
    """Return the options of a command that is an operation."""
    model = service_model(NAMES.get(service, service))
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[command]).input_shape
    return {xform_name(name, "-") for name in (shape.members if shape else ())}


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


@BY_PAGE
def test_a_target_of_make_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for words in commands(page, "make"):
        used = {word for word in words[1:] if "=" not in word and not PLACEHOLDER.fullmatch(word)}
        assert used <= targets, words


@BY_PAGE
def test_a_value_of_the_chart_exists(page: Path) -> None:
    values = yaml.safe_load((ROOT / "charts/dataflowxpress/values.yaml").read_text())
    for words in commands(page, "helm"):
        for option, value in pairwise(words):
            if option == "--set":
                found: Any = values
                for part in value.partition("=")[0].split("."):
                    assert part in found, value
                    found = found[part]


@cache
def schema() -> dict[str, Any]:
    [version] = definition()["spec"]["versions"]
    properties: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]
    return properties


@BY_PAGE
def test_a_field_of_the_spec_or_the_status_exists(page: Path) -> None:
    for name in inline(page):
        if field := FIELD.fullmatch(name):
            found = schema()[field[1]]
            for part in field[2].replace("[]", "").split(".")[1:]:
                found = found.get("items", found)
                if "additionalProperties" in found:
                    break
                assert part in found.get("properties", {}), name
                found = found["properties"][part]


@cache
def source() -> str:
    return "".join(path.read_text() for path in (ROOT / "operator").rglob("*.py"))


@BY_PAGE
def test_an_annotation_or_tag_of_ours_exists(page: Path) -> None:
    for name in re.findall(r"(?<![.\w])dataflowxpress\.io/([a-z][a-z-]+)", page.read_text()):
        assert f'/{name}"' in source(), name
