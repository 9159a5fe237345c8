from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.kube import binaries, golang
from dataflowxpress_sandbox.progress import Progress

if TYPE_CHECKING:
    from pathlib import Path


def executable(path: Path, script: str = "exit 0") -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_binaries_that_the_user_has_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    executable(tmp_path / "etcd")
    executable(tmp_path / "kube-apiserver")

    assert binaries.directory(Progress()) == tmp_path


def test_a_folder_without_them_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    executable(tmp_path / "etcd")

    with pytest.raises(SandboxError, match=f"{tmp_path} has no kube-apiserver"):
        binaries.directory(Progress())


def test_they_are_built_and_carry_the_version_that_is_pinned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)

    folder = binaries.directory(Progress())

    said = subprocess.check_output([folder / "kube-apiserver", "--version"], text=True)
    assert said == f"Kubernetes {binaries.version()}\n"
    assert os.access(folder / "etcd", os.X_OK)


def test_a_go_that_is_new_enough_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "go", "echo go1.99.1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    assert golang.toolchain((1, 26)) == str(tmp_path / "go")


@pytest.mark.parametrize("says", ["echo go1.9.7", "echo devel", "exit 1"])
def test_any_other_go_gives_way_to_the_one_of_pypi(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "go", says)
    monkeypatch.setenv("PATH", str(tmp_path))

    go = golang.toolchain((1, 26))

    assert subprocess.check_output([go, "version"], text=True).startswith("go version go1.26")


def test_without_any_go_the_one_of_pypi_steps_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    go = golang.toolchain((1, 26))

    assert subprocess.check_output([go, "version"], text=True).startswith("go version go1.26")
