"""`status --watch`: each change of a pipeline once, from one watch of a real API server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config
from kubernetes.client import CustomObjectsApi

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION

PROGRAM = Path(sys.executable).with_name("dataflowxpress")
WHERE: dict[str, Any] = {"group": GROUP, "version": VERSION, "plural": PLURAL}


class Pipelines:
    """The pipelines of one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str = "default") -> None:
        client = config.new_client_from_config(str(kubeconfig))
        self._api, self._where = CustomObjectsApi(client), {**WHERE, "namespace": namespace}

    def create(self, name: str) -> None:
        head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND}
        self._api.create_namespaced_custom_object(
            **self._where, body={**head, "metadata": {"name": name}, "spec": {}}
        )

    def report(self, name: str, **status: Any) -> None:
        """Write the status as an operator does."""
        self._api.patch_namespaced_custom_object_status(
            **self._where, name=name, body={"status": status}
        )

    def delete(self, name: str) -> None:
        self._api.delete_namespaced_custom_object(**self._where, name=name)


@pytest.fixture
def pipelines(cluster: Path) -> Pipelines:
    return Pipelines(cluster)


@contextmanager
def watching(cluster: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "KUBECONFIG": str(cluster)}
    # A background job of a shell ignores SIGINT, and its processes inherit that.
    command = ["env", "--default-signal", str(PROGRAM), "status", *words, "-n", "default"]
    command.append("--watch")
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> Any:
    assert process.stdout
    return json.loads(process.stdout.readline())


@pytest.mark.timeout(120)
def test_each_change_is_a_line_and_a_deletion_ends_with_an_error(
    cluster: Path, pipelines: Pipelines
) -> None:
    pipelines.create("watched")
    with watching(cluster, "watched", "-o", "json") as process:
        assert line_of(process) == {}
        pipelines.report("watched", appliedGeneration=7)
        assert line_of(process) == {"appliedGeneration": 7}
        pipelines.delete("watched")
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "DataPipeline watched does not exist in namespace default" in errors


@pytest.mark.timeout(120)
def test_interrupting_a_watch_ends_it_without_an_error(cluster: Path, pipelines: Pipelines) -> None:
    pipelines.create("interrupted")
    with watching(cluster, "-o", "json") as process:
        assert "interrupted" in {each["name"] for each in line_of(process)}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert errors == ""
    pipelines.delete("interrupted")
