"""The build from source: its progress on output that was recorded, and on a small module."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
import uuid
from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox import cache, processes
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.kube import build
from dataflowxpress_sandbox.parallel import Cancelled

if TYPE_CHECKING:
    from pathlib import Path

_MAIN = 'package main\n\nimport "{name}/greeting"\n\nfunc main() {{ println(greeting.Text) }}\n'


def count(listed: list[str], built: list[str]) -> list[str]:
    shown: list[str] = []
    counter = build.Counter(shown.append)
    for line in listed:
        counter.expect(line)
    for line in built:
        counter.compiled(line)
    return shown


def test_packages_are_counted_as_their_compilation_begins() -> None:
    listed = ["", "internal/abi", "", "k8s.io/api/core/v1", "k8s.io/kubernetes/cmd/kube-apiserver"]

    shown = count(listed, ["internal/abi", "k8s.io/api/core/v1"])

    assert shown == ["1 of 3 packages", "2 of 3 packages"]


def test_modules_are_counted_as_they_are_downloaded() -> None:
    listed = ["go: downloading k8s.io/api v0.36.3", "go: downloading k8s.io/client-go v0.36.3"]

    assert count(listed, []) == ["1 Go modules downloaded", "2 Go modules downloaded"]


def test_other_output_of_the_compiler_is_not_counted() -> None:
    built = ["# internal/abi", "abi.go:1:1: expected 'package'", "fmt", "internal/abi"]

    assert count(["internal/abi"], [*built, "internal/abi"]) == ["1 of 1 packages, linking"] * 2


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module with two commands and a package that Go has never seen, in place of Kubernetes."""
    if not shutil.which("go"):
        pytest.skip("Go is not on PATH: its real output cannot be followed")
    name, folder = f"example.org/m{uuid.uuid4().hex}", tmp_path / "go"
    for command in ("kube-apiserver", "server"):
        (folder / command).mkdir(parents=True)
        (folder / command / "main.go").write_text(_MAIN.format(name=name))
    (folder / "greeting").mkdir()
    (folder / "greeting" / "text.go").write_text('package greeting\n\nconst Text = "hello"\n')
    (folder / "go.mod").write_text(f"module {name}\n\ngo 1.21\n\n// k8s.io/kubernetes v1.2.3\n")
    (folder / "go.sum").touch()
    compiled = subprocess.check_output(["go", "env", "GOCACHE"], text=True).strip()
    monkeypatch.setenv("GOCACHE", compiled)  # of Go's own packages, which are in every program
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "_MODULES", folder)
    monkeypatch.setattr(build, "_APISERVER", f"{name}/kube-apiserver")
    monkeypatch.setattr(build, "_ETCD", f"{name}/server")
    return folder


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def running() -> list[str]:
    return [
        name for logs in (cache.directory() / "build").iterdir() for name in processes.find(logs)
    ]


def test_both_commands_are_built_and_all_packages_are_counted(
    module: Path, bin_folder: Path
) -> None:
    shown: list[str] = []

    build.build(bin_folder, shown.append, threading.Event())

    assert {path.name for path in bin_folder.iterdir()} == {"etcd", "kube-apiserver"}
    greeted = subprocess.run([bin_folder / "etcd"], capture_output=True, text=True, check=True)
    assert greeted.stderr == "hello\n"
    done, expected = map(int, re.findall(r"\d+", shown[-1]))
    assert done == expected >= 3, f"{module} has three packages"


def test_a_build_that_fails_is_explained_by_the_compiler(module: Path, bin_folder: Path) -> None:
    (module / "greeting" / "text.go").write_text("package greeting\n\nconst Text = missing\n")

    with pytest.raises(SandboxError, match=r"(?s)cannot be built.*undefined: missing"):
        build.build(bin_folder, len, threading.Event())


@pytest.mark.usefixtures("module")
def test_a_build_that_is_cancelled_leaves_no_process(bin_folder: Path) -> None:
    cancelled = threading.Event()

    with pytest.raises(Cancelled):
        build.build(bin_folder, lambda _: cancelled.set(), cancelled)

    assert running() == []
