"""Ready: the seconds from `kubectl apply` to the condition `Ready`, on a sandbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from kubernetes import config, watch
from kubernetes.client import CustomObjectsApi

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.sandbox import Sandbox

NAMESPACE = "default"
TIMEOUT = 120  # seconds


def seconds_to_ready(pipelines: int) -> list[float] | None:
    """Apply pipelines one after the other; return the seconds of each, None without kubectl."""
    if not shutil.which("kubectl"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "sandbox")
        with (
            sandbox.running(),
            config.new_client_from_config(str(sandbox.kubeconfig)) as client,
        ):
            objects = CustomObjectsApi(client)
            return [_ready(sandbox, objects, f"ready-{n}") for n in range(pipelines)]


def _ready(sandbox: Sandbox, objects: CustomObjectsApi, name: str) -> float:
    about = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND}
    body = {**about, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": {}}
    start = time.monotonic()
    subprocess.run(
        ["kubectl", "apply", "--validate=false", "-f", "-"],
        input=json.dumps(body).encode(),
        env={**os.environ, **sandbox.env()},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    events = watch.Watch().stream(
        objects.list_namespaced_custom_object,
        *(GROUP, VERSION, NAMESPACE, PLURAL),
        field_selector=f"metadata.name={name}",
        timeout_seconds=TIMEOUT,
    )
    if not any(_is_ready(event["object"]) for event in events):
        raise SystemExit(f"{name} is not ready after {TIMEOUT} s")
    return time.monotonic() - start


def _is_ready(body: dict[str, Any]) -> bool:
    return Status.model_validate(body.get("status") or {}).holds("Ready")
