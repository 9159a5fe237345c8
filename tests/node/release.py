"""Release: the chart on a real node, and its pods."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.conftest import User
from tests.node.machine import IMAGE, Node, until
from tests.scrape import Metrics
from tools.tool import tool

NAME = "dataflowxpress"
KIND = "datapipelines.dataflowxpress.io"


@dataclass
class Release:
    """A release in a separate namespace."""

    node: Node
    user: User
    namespace: str
    values: dict[str, Any]

    def helm(self, *words: object) -> str:
        environment = {**os.environ, "KUBECONFIG": str(self.node.kubeconfig)}
        done = subprocess.run(
            [tool("helm4"), *map(str, words), "--namespace", self.namespace],
            capture_output=True,
            check=False,
            env=environment,
            input=json.dumps(self.values),
            text=True,
        )
        assert done.returncode == 0, f"helm {words[0]}: {done.stdout}{done.stderr}"
        return done.stdout

    def put(self, verb: str, chart: Path | str, tag: str, *options: str) -> None:
        """Install or upgrade, and wait until all pods are ready."""
        image = f"image.repository={IMAGE},image.tag={tag},image.pullPolicy=Never"
        waiting = ("--wait", "--timeout", "4m")
        self.helm(verb, NAME, chart, "--values", "-", "--set", image, *waiting, *options)

    def clear(self) -> None:
        """Remove all remaining objects, also after a failed test; AWS ends with the test."""
        self.helm("uninstall", NAME, "--wait", "--ignore-not-found")
        for name in self.user.names():
            self.user.patch(name, {"metadata": {"finalizers": []}})
        self.user.kind("CustomResourceDefinition", "apiextensions.k8s.io/v1").delete(name=KIND)

    @property
    def pods(self) -> list[Any]:
        """Return the operator's pods."""
        found = self.user.kind("Pod", "v1").get(
            namespace=self.namespace, label_selector="app.kubernetes.io/component=operator"
        )
        return [pod for pod in found.items if not pod.metadata.deletionTimestamp]

    @property
    def holder(self) -> str:
        """Return the name of the pod that holds the Lease."""
        lease = self.user.kind("Lease", "coordination.k8s.io/v1").get(
            name=NAME, namespace=self.namespace
        )
        return str(lease.spec.holderIdentity or "").partition("_")[0]

    @property
    def leader(self) -> Any:
        until(lambda: self.holder in {pod.metadata.name for pod in self.pods}, "led by a pod")
        return next(pod for pod in self.pods if pod.metadata.name == self.holder)

    @staticmethod
    def metrics(pod: Any) -> Metrics:
        """Return the metrics of a pod."""
        return Metrics(f"{pod.status.podIP}:8080")


def process(pod: Any) -> int:
    """Return the process id of a pod's container on this machine."""
    identity = pod.status.containerStatuses[0].containerID.rpartition("/")[2]
    for each in Path("/proc").glob("[0-9]*/cgroup"):
        try:
            if identity in each.read_text():
                return int(each.parent.name)
        except OSError:  # the process has ended
            continue
    raise AssertionError(f"no process of {pod.metadata.name}")
