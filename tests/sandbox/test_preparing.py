"""The first `up` on a machine: Spark and Kubernetes' binaries are prepared at the same time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from dataflowxpress_sandbox import aws, processes
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.kube import binaries, envtest
from dataflowxpress_sandbox.parallel import Cancelled
from dataflowxpress_sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataflowxpress_sandbox.progress import Progress

_SECONDS = 60
_HANGING = (
    "#!/bin/sh\n[ \"$*\" = '{version}' ] && {{ echo '{answer}' >&{stream}; exit; }}\nsleep 600\n"
)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "sandbox"
    yield directory
    processes.stop(directory, timeout=0)


def prepare_spark_with(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "preparation", lambda: ["sh", "-c", script])


def test_both_are_prepared_at_the_same_time(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spark, kubernetes = tmp_path / "spark", tmp_path / "kubernetes"
    script = f"touch {spark}; until [ -e {kubernetes} ]; do sleep 0.05; done; exit 3"

    def find(_: Progress, cancelled: threading.Event) -> Path:
        processes.wait_until(spark.exists, _SECONDS, "Spark's preparation")
        kubernetes.touch()
        assert cancelled.wait(_SECONDS), "Spark fails after it has seen this"
        raise Cancelled

    prepare_spark_with(script, monkeypatch)
    monkeypatch.setattr(binaries, "directory", find)

    with pytest.raises(SandboxError, match="Spark cannot be prepared"):
        Sandbox(directory).up()


def test_when_spark_fails_the_reason_is_raised_and_kubernetes_is_cancelled(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancellations: list[bool] = []

    def find(_: Progress, cancelled: threading.Event) -> Path:
        cancellations.append(cancelled.wait(_SECONDS))
        raise Cancelled

    prepare_spark_with("echo the disk is full >&2; exit 1", monkeypatch)
    monkeypatch.setattr(binaries, "directory", find)

    with pytest.raises(SandboxError, match=r"(?s)Spark cannot be prepared\..*the disk is full"):
        Sandbox(directory).up()

    assert cancellations == [True]
    assert processes.find(directory) == {}


def test_when_kubernetes_fails_spark_is_ended(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[processes.Process] = []

    def find(_: Progress, __: threading.Event) -> Path:
        processes.wait_until(lambda: "spark" in processes.find(directory), _SECONDS, "Spark")
        started.append(processes.find(directory)["spark"])
        raise SandboxError("Kubernetes cannot be built")

    prepare_spark_with("sleep 600", monkeypatch)
    monkeypatch.setattr(binaries, "directory", find)

    with pytest.raises(SandboxError, match="Kubernetes cannot be built"):
        Sandbox(directory).up()

    [spark] = started
    assert not spark.alive
    assert processes.find(directory) == {}


def test_without_the_operator_spark_is_not_prepared(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object) -> Path:
        raise SandboxError("far enough")

    monkeypatch.setattr(aws, "preparation", lambda: pytest.fail("it is not needed"))
    monkeypatch.setattr(binaries, "directory", find)

    with pytest.raises(SandboxError, match="far enough"):
        Sandbox(directory, operator=False).up()


def hanging(path: Path, version: str, answer: str, stream: int) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(_HANGING.format(version=version, answer=answer, stream=stream))
    path.chmod(0o755)


@pytest.fixture
def fresh_machine(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty cache, and a Go and a Java that do not come to an end."""
    hanging(tmp_path / "go" / "go", "env GOVERSION", "go1.99.0", 1)
    hanging(tmp_path / "java" / "bin" / "java", "-version", 'openjdk version "17.0.1"', 2)
    return {
        **os.environ,
        "JAVA_HOME": str(tmp_path / "java"),
        "KUBEBUILDER_ASSETS": "",
        "PATH": f"{tmp_path / 'go'}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        envtest.MIRROR: "off",
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_both(
    directory: Path, tmp_path: Path, fresh_machine: dict[str, str], number: signal.Signals
) -> None:
    cache = tmp_path / "cache" / "dataflowxpress"
    command = ["env", "--default-signal", sys.executable, "-m", "dataflowxpress", "sandbox", "up"]

    def under_way() -> bool:
        building = [found for logs in (cache / "build").glob("*") for found in processes.find(logs)]
        return building == ["list"] and bool(list(directory.glob("logs/spark.log")))

    with subprocess.Popen(
        [*command, "--dir", str(directory)],
        env=fresh_machine,
        stderr=subprocess.PIPE,
        text=True,
    ) as up:
        processes.wait_until(under_way, _SECONDS, "both to begin")
        started = psutil.Process(up.pid).children(recursive=True)
        up.send_signal(number)
        output = up.communicate(timeout=_SECONDS)[1]

    assert up.returncode not in (0, None)
    assert "… prepare Spark" in output
    assert "from source instead" in output
    assert len(started) >= 2
    alive = [each for each in started if each.is_running()]
    assert [each for each in alive if each.status() != psutil.STATUS_ZOMBIE] == []
    assert not list(cache.glob("bin/*.partial-*"))
