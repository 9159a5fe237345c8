"""Kubectl: lists pipelines for completion, in a fraction of the time of Kubernetes' own library."""

from __future__ import annotations

import subprocess

KIND = "datapipelines.dataflowxpress.io"
SECONDS = 5


def pipelines(namespace: str = "", context: str = "") -> list[str]:
    """Return the names of the pipelines; empty if the cluster does not answer.

    Raises FileNotFoundError without kubectl.
    """
    options = {"--namespace": namespace, "--context": context}
    given = [f"{option}={value}" for option, value in options.items() if value]
    command = ["kubectl", "get", KIND, "--output=name", f"--request-timeout={SECONDS}s", *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    return [line.rpartition("/")[2] for line in done.stdout.splitlines()]
