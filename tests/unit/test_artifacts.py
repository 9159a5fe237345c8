"""Artifacts: what travels with the package."""

import io
import json
import re
import zipfile

import pytest

from dataflowxpress.blueprint import artifacts


@pytest.mark.parametrize("name", ["start_crawler", "start_job"])
def test_a_function_zip_holds_its_handler_and_what_functions_share(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(artifacts.function_code(name, {"JOB": "orders"}))) as archive:
        shared = ["batch.py", "settings.py", "uploads.py"]
        assert sorted(archive.namelist()) == sorted([*shared, "handler.py", "settings.json"])
        assert json.loads(archive.read("settings.json")) == {"JOB": "orders"}


def test_the_same_files_give_the_same_zip() -> None:
    once = artifacts.function_code("start_job", {"A": "1", "B": "2"})
    assert artifacts.function_code("start_job", {"B": "2", "A": "1"}) == once


def test_the_script_and_what_it_imports_travel_together() -> None:
    with zipfile.ZipFile(io.BytesIO(artifacts.script_modules())) as archive:
        packaged = {
            name.removeprefix("dataflow/").removesuffix(".py") for name in archive.namelist()
        }
    imported = set(re.findall(rb"from dataflow\.(\w+)", artifacts.script()))
    assert imported
    assert {name.decode() for name in imported} <= packaged
