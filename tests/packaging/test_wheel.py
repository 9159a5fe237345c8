"""The wheel, installed into an empty environment, is sufficient for the operator."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dataflowxpress.blueprint import artifacts

CHECKOUT = Path(__file__).parents[2]
PROGRAM = """
from dataflowxpress import DataPipeline, DataPipelineSpec, Plan, Source, apply, plan

pipeline = DataPipeline(name="orders", spec=DataPipelineSpec(source=Source(format="json")))
found: Plan = plan(pipeline)
kinds: list[str] = [step.kind for step in found.steps if step.action == "delete"]
rows: int | None = data.rows if (data := apply(found).data) else None
"""
WRONG = """
from dataflowxpress import Bucket, DataPipeline, Source, apply, plan
DataPipeline(nmae="orders")
Bucket(name=3)
Source(format="excel")
plan("orders")
apply(DataPipeline(name="orders")).redy
"""
PRINT_DIGESTS = """
import hashlib
from dataflowxpress.blueprint import artifacts
for made in (artifacts.function_code("start_crawler", {}), artifacts.function_code("start_job", {}),
             artifacts.script(), artifacts.script_modules()):
    print(hashlib.sha256(made).hexdigest())
"""


def uv(*arguments: str) -> None:
    subprocess.run([Path(sys.executable).with_name("uv"), *arguments], check=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of commands of an environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", os.fspath(folder), os.fspath(CHECKOUT))
    [wheel] = folder.glob("*.whl")
    environment = folder / "environment"
    uv("venv", "--quiet", "--python", sys.executable, os.fspath(environment))
    python = environment / "bin" / "python"
    lock = os.fspath(CHECKOUT / "requirements.lock")
    uv(
        *("pip", "install", "--quiet", "--python", os.fspath(python)),
        *("--constraint", lock, os.fspath(wheel)),
    )
    return environment / "bin"


def test_the_operators_wheel_does_not_contain_the_sandbox(installed: Path) -> None:
    [wheel] = installed.parents[1].glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "dataflowxpress/manager/service.py" in names
    assert not [name for name in names if "sandbox" in name]


def said(*command: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=cwd, env=clean, check=True, capture_output=True, text=True
    ).stdout


def test_the_wheel_prints_the_crd(installed: Path, tmp_path: Path) -> None:
    expected = (CHECKOUT / "crds/datapipelines.yaml").read_text()
    assert said(installed / "dataflowxpress", "crd", cwd=tmp_path) == expected


def test_a_sample_without_arrow_names_the_package_to_install(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    done = subprocess.run(
        [installed / "dataflowxpress", "columns", "a.csv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "pip install 'dataflowxpress[columns]'" in done.stderr


def test_the_wheel_has_the_kubectl_plugin_and_its_completion(
    installed: Path, tmp_path: Path
) -> None:
    help_ = said(installed / "kubectl-dataflow", "--help", cwd=tmp_path)
    assert "As a kubectl plugin: kubectl dataflow" in " ".join(help_.split())
    assert said(installed / "kubectl_complete-dataflow", "pl", cwd=tmp_path).startswith("plan\t")


def checked(program: str, installed: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the types of a user's program strictly, against the installed wheel."""
    file = folder / "program.py"
    file.write_text(program)
    mypy = ["-m", "mypy", "--strict", "--config-file=", "--python-executable"]
    cache = f"--cache-dir={installed.parents[1] / 'mypy'}"
    return subprocess.run(
        [sys.executable, *mypy, os.fspath(installed / "python"), cache, file.name],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "MYPYPATH"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_users_program_passes_strict_type_checks(installed: Path, tmp_path: Path) -> None:
    done = checked(PROGRAM, installed, tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_users_mistakes_are_found_by_type_checks(installed: Path, tmp_path: Path) -> None:
    found = checked(WRONG, installed, tmp_path).stdout
    assert {*re.findall(r"^program.py:(\d+): error", found, re.MULTILINE)} == {*"34567"}, found


def test_functions_and_scripts_match_the_checkout(installed: Path, tmp_path: Path) -> None:
    made = (
        *(artifacts.function_code(name, {}) for name in ("start_crawler", "start_job")),
        *(artifacts.script(), artifacts.script_modules()),
    )
    digests = said(installed / "python", "-c", PRINT_DIGESTS, cwd=tmp_path).split()
    assert digests == [hashlib.sha256(each).hexdigest() for each in made]


def test_the_wheel_has_the_files_of_the_page(installed: Path, tmp_path: Path) -> None:
    command = "from dataflowxpress.ui.static import files; print(*files())"
    shipped = set(said(installed / "python", "-c", command, cwd=tmp_path).split())
    folder = CHECKOUT / "operator" / "dataflowxpress" / "ui" / "assets"
    assert shipped == {each.name for each in folder.iterdir()}


def test_without_the_extra_the_sandbox_command_names_it(installed: Path, tmp_path: Path) -> None:
    up = subprocess.run(
        [installed / "dataflowxpress", "sandbox", "up"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert up.returncode != 0
    assert "pip install 'dataflowxpress[sandbox]'" in " ".join(up.stderr.replace("│", " ").split())
    assert not (tmp_path / ".sandbox").exists()
