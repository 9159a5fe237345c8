"""Runtimes: the packaged code runs on the Python and the Spark that AWS has for it."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyspark
import pytest
from pyspark.sql import (
    Column,
    DataFrame,
    DataFrameReader,
    DataFrameWriter,
    SparkSession,
    functions,
)

from dataflowxpress.api.spec import DataPipelineSpec, mistakes
from dataflowxpress.aws.resources import Function
from dataflowxpress.blueprint import artifacts


class Runtime(NamedTuple):
    """What a Glue version runs: https://docs.aws.amazon.com/glue/latest/dg/release-notes.html."""

    python: str
    spark: str


GLUE = {
    "4.0": Runtime("3.10", "3.3.0"),
    "5.0": Runtime("3.11", "3.5.4"),
    "5.1": Runtime("3.11", "3.5.6"),
}
METHODS = (Column, DataFrame, DataFrameReader, DataFrameWriter, SparkSession)
VERMIN = Path(sys.executable).with_name("vermin")
CUSTOM = {"inline": "print()"}


def allowed(**job: object) -> set[str]:
    """Return the Glue versions that the spec allows for a job."""
    return {
        version
        for version in GLUE
        if not mistakes(DataPipelineSpec, {"job": {**job, "glueVersion": version}})
    }


@functools.cache
def too_new_for_python(folder: str, version: str) -> str:
    """Return what needs a newer Python than *version*."""
    command = (
        *(VERMIN, "--no-tips", "--violations", "--processes=1"),
        *(f"--target={version}-", str(artifacts.path(folder))),
    )
    checked = subprocess.run(command, check=False, capture_output=True, text=True)
    assert bool(checked.returncode) == ("not met" in checked.stdout), checked.stderr
    return checked.stdout if checked.returncode else ""


def too_new_for_spark(version: str) -> list[str]:
    """Return what the packaged script uses of pyspark, and *version* has not."""
    return sorted(
        f"{file.name}: {name} is new in {added}"
        for file in artifacts.path("glue").rglob("*.py")
        for name, value in used_of_pyspark(file)
        if _parts(added := added_in(value)) > _parts(version)
    )


def used_of_pyspark(file: Path) -> Iterator[tuple[str, object]]:
    """Yield each name of pyspark that a file uses, and its value in the installed version."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pyspark"):
            module = importlib.import_module(str(node.module))
            yield str(node.module), module
            yield from ((each.name, getattr(module, each.name)) for each in node.names)
        elif isinstance(node, ast.Attribute):
            is_function = isinstance(node.value, ast.Name) and node.value.id == "F"
            owners = (functions,) if is_function else METHODS
            owner = next((each for each in owners if hasattr(each, node.attr)), None)
            if owner or is_function:
                yield node.attr, getattr(owner or functions, node.attr)


def added_in(value: object) -> str:
    """Return the version of pyspark that added a module, class or function."""
    if value is sys.modules.get("pyspark.errors"):
        return "3.4.0"  # pyspark's modules do not say it themselves
    documented = re.search(r"versionadded::\s*([\d.]+)", getattr(value, "__doc__", "") or "")
    return documented[1] if documented else "1.0"


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_the_spec_allows_the_packaged_script_where_it_runs_and_a_custom_one_everywhere() -> None:
    runs = {
        version
        for version, runtime in GLUE.items()
        if not too_new_for_python("glue", runtime.python) and not too_new_for_spark(runtime.spark)
    }
    assert allowed() == runs == {"5.0", "5.1"}
    assert allowed(script=CUSTOM) == GLUE.keys()


def test_what_an_old_runtime_lacks_is_found() -> None:
    assert "datetime.UTC" in too_new_for_python("glue", GLUE["4.0"].python)


def test_the_installed_spark_is_of_the_same_line_as_that_of_glue() -> None:
    lines = {_parts(GLUE[version].spark)[:2] for version in allowed()}
    assert lines == {_parts(pyspark.__version__)[:2]}


def test_the_functions_run_on_the_python_of_lambda() -> None:
    runtime = str(Function.__dataclass_fields__["runtime"].default)
    assert not too_new_for_python("lambdas", runtime.removeprefix("python"))


@pytest.mark.parametrize("folder", ["glue", "lambdas"])
def test_no_code_runs_on_a_python_of_years_ago(folder: str) -> None:
    assert too_new_for_python(folder, "3.5")
