from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from dataflowxpress_sandbox import cache
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.kube import binaries, build, envtest, golang
from dataflowxpress_sandbox.progress import Progress
from tests.sandbox.publisher import BINARIES, Publisher, archive_of, path_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def test_those_of_the_cache_carry_a_version_that_is_pinned(
    cluster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cluster.is_file(), "it has filled the cache"
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)

    folder = binaries.directory(Progress())

    pinned = build if folder == build.entry() else envtest.release()
    expected = pinned.version() if pinned is build else pinned.version
    assert binaries.version(folder) == expected
    assert os.access(folder / "etcd", os.X_OK)


class Machine:
    """A machine with an empty cache, a publisher of binaries, and a build that is recorded."""

    def __init__(self, publisher: Publisher, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.publisher, self.output, self.builds = publisher, io.StringIO(), 0
        monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
        monkeypatch.setenv(envtest.MIRROR, publisher.url)
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(envtest, "release", lambda: self.release)
        monkeypatch.setattr(build, "build", self._build)
        self.publish(archive_of(BINARIES))

    def publish(self, content: bytes) -> None:
        """Publish an archive under the name that is pinned, and pin its digest."""
        platform = envtest.current_platform()
        digest = hashlib.sha512(content).hexdigest()
        self.release = envtest.Release("v1.2.3", "http://publisher.invalid", {platform: digest})
        self.publisher.files[path_of("v1.2.3", platform)] = content

    def directory(self) -> Path:
        console = Console(file=self.output, highlight=False, soft_wrap=True)
        return binaries.directory(Progress(console))

    def _build(self, folder: Path, *_: object) -> None:
        self.builds += 1
        for name in BINARIES:
            executable(folder / name, "echo Kubernetes v9.9.9")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    with serving() as publisher:
        yield Machine(publisher, tmp_path, monkeypatch)


def kept() -> set[str]:
    entries = (cache.directory() / "bin").iterdir()
    return {entry.name for entry in entries if entry.suffix != ".lock"}


def test_published_binaries_are_fetched_once_and_kept(machine: Machine) -> None:
    folder = machine.directory()

    assert folder == machine.release.entry
    assert binaries.version(folder) == "v1.2.3"
    assert machine.directory() == folder
    assert len(machine.publisher.asked) == 1
    assert machine.builds == 0
    assert kept() == {folder.name}
    assert "… download kube-apiserver v1.2.3 and etcd, once" in machine.output.getvalue()


def test_those_that_were_built_before_are_used_without_a_download(machine: Machine) -> None:
    build.entry().mkdir(parents=True)

    assert machine.directory() == build.entry()
    assert machine.publisher.asked == []


def wrong_digest(machine: Machine) -> None:
    [path] = machine.publisher.files
    machine.publisher.files[path] = archive_of(BINARIES | {"kubectl": b"from another publisher"})


def broken_off(machine: Machine) -> None:
    machine.publisher.broken_off = True


def unpublished(machine: Machine) -> None:
    machine.publisher.files.clear()


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (wrong_digest, "the SHA-512 of"),
        (broken_off, "broke off after"),
        (unpublished, "answers 404"),
    ],
)
def test_without_a_download_they_are_built_and_the_reason_is_reported(
    machine: Machine, prepare: object, reason: str
) -> None:
    assert callable(prepare)
    prepare(machine)

    folder = machine.directory()

    assert folder == build.entry()
    assert machine.builds == 1
    assert kept() == {folder.name}, "nothing is left of the download"
    output = machine.output.getvalue()
    assert re.search(rf"(?m)^kube-apiserver and etcd cannot be downloaded: .*{reason}", output)
    assert "from source instead" in output
    assert machine.directory() == folder
    assert machine.builds == 1


def test_an_unreachable_publisher_is_reported_too(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(envtest.MIRROR, "http://127.0.0.1:1")

    assert machine.directory() == build.entry()
    assert "cannot be downloaded: 127.0.0.1 cannot be reached" in machine.output.getvalue()


def test_the_download_can_be_switched_off(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(envtest.MIRROR, "off")

    assert machine.directory() == build.entry()
    assert machine.publisher.asked == []


def test_a_mirror_that_is_no_url_is_refused(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(envtest.MIRROR, "/srv/mirror")

    with pytest.raises(SandboxError, match=r"MIRROR=/srv/mirror must be an http\(s\) URL, or off"):
        machine.directory()


def test_while_one_process_fetches_another_waits_and_uses_the_result(
    machine: Machine,
) -> None:
    machine.publisher.resumes.clear()
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(machine.directory())) for _ in range(2)]
    for thread in threads:
        thread.start()
    machine.publisher.resumes.set()
    for thread in threads:
        thread.join(20)

    assert found == [machine.release.entry] * 2
    assert len(machine.publisher.asked) == 1


def test_a_go_that_is_new_enough_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "go", "echo go1.99.1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    assert golang.toolchain((1, 26)) == str(tmp_path / "go")


@pytest.mark.parametrize("answer", ["echo go1.9.7", "echo devel", "exit 1"])
def test_any_other_go_is_replaced_by_the_one_of_pypi(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / "go", answer)
    monkeypatch.setenv("PATH", str(tmp_path))

    go = golang.toolchain((1, 26))

    assert subprocess.check_output([go, "version"], text=True).startswith("go version go1.26")


def test_without_go_on_path_the_one_of_pypi_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    go = golang.toolchain((1, 26))

    assert subprocess.check_output([go, "version"], text=True).startswith("go version go1.26")
