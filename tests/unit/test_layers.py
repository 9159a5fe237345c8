"""Layers: who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dataflowxpress

ROOT = Path(dataflowxpress.__file__).parent
LAYERS = [
    "core",
    "telemetry",
    "resources",
    "blueprint",
    "observer",
    "engine",
    "reconcile",
    "agenda",
    "worker",
    "dispatcher",
    "handlers",
    "process",
]


def imports(file: Path) -> Iterator[str]:
    """Yield the full names of the modules that *file* imports, wherever in it."""
    package = ["dataflowxpress", *file.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def files(layer: str) -> list[Path]:
    folder = ROOT / layer
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{layer}.py"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_no_layer_above_it(layer: str) -> None:
    above = LAYERS[LAYERS.index(layer) + 1 :]
    for file in files(layer):
        for name in imports(file):
            assert not any(name.startswith(f"dataflowxpress.{upper}") for upper in above), file


@pytest.mark.parametrize("library", ["boto3", "botocore", "kopf", "kubernetes"])
def test_the_core_knows_no_library_of_the_outside(library: str) -> None:
    for file in files("core"):
        assert not any(name.split(".")[0] == library for name in imports(file)), file


def test_of_the_operator_only_what_runs_it_knows_kopf() -> None:
    outside = {"handlers.py", "operation.py"}
    inside = [f for f in (*ROOT.glob("*.py"), *files("process")) if f.name not in outside]
    for file in inside:
        assert not any(name.split(".")[0] == "kopf" for name in imports(file)), file
