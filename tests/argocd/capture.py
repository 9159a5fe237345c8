"""Capture: writes testdata for the Argo CD health checks from real objects of a sandbox.

`make argocd-testdata` runs it after a change of the operator's messages.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from dataflowxpress.api.annotations import PAUSED, PLAN, REQUESTED
from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.e2e.conftest import NAMESPACE, User

TESTDATA = artifacts.path(f"argocd/resource_customizations/{GROUP}/{KIND}/testdata")
SECONDS = 60
PORT, CANONICAL = re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:4566"
Moment = Callable[[Status], bool]


def keep(user: User, file: str, name: str, moment: Moment = lambda _: True) -> None:
    """Write a pipeline to testdata at the first event for which *moment* is true."""
    watch = user.kind(KIND, f"{GROUP}/{VERSION}").watch(
        namespace=NAMESPACE, field_selector=f"metadata.name={name}", timeout=SECONDS
    )
    seen = (event["raw_object"] for event in watch)
    found = next((o for o in seen if moment(Status.model_validate(o.get("status") or {}))), None)
    if found is None:
        sys.exit(f"{name} did not reach the state {file} within {SECONDS} s")
    text = PORT.sub(CANONICAL, yaml.safe_dump(without_bulk(found), sort_keys=False))
    TESTDATA.joinpath(f"{file}.yaml").write_text(text)
    sys.stdout.write(f"{file}.yaml\n")


def without_bulk(found: dict[str, Any]) -> dict[str, Any]:
    """Drop bulky fields that no health check reads."""
    metadata = found["metadata"]
    metadata.pop("managedFields")
    kept = {k: v for k, v in metadata.pop("annotations", {}).items() if "last-handled" not in k}
    if kept:
        metadata["annotations"] = kept
    if lines := found.get("status", {}).get("resources"):
        found["status"]["resources"] = [line for line in lines if line["state"] != "Ready"][:2]
    return found


def change(user: User, name: str, **patch: Any) -> None:
    user.patch(name, patch)


def annotate(user: User, name: str, **annotations: str | None) -> None:
    change(user, name, metadata={"annotations": annotations})


@contextmanager
def stopped(user: User, part: str) -> Iterator[None]:
    """Stop one process of the sandbox during the block."""
    process = processes.find(user.directory)[part]
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def says(kind: str, status: str, reason: str = "") -> Moment:
    def moment(said: Status) -> bool:
        found = said[kind]
        return (
            found is not None
            and (found.status, found.observed_generation) == (status, said.observed_generation)
            and found.reason.startswith(reason)
        )

    return moment


def ready_is_outdated(said: Status) -> bool:
    """Return whether the status has a newer generation than its Ready condition."""
    ready = said["Ready"]
    return ready is not None and ready.observed_generation != said.observed_generation


def capture(user: User) -> None:
    with stopped(user, "operator"):
        user.pipeline("orders")
        keep(user, "new", "orders")
    keep(user, "creating", "orders", says("Ready", "False", "Creating"))
    user.wait("orders", says("DataCurrent", "True"), SECONDS, "current")
    keep(user, "ready", "orders")
    with stopped(user, "operator"):
        change(user, "orders", spec={"suspend": True})
        keep(user, "changed", "orders")
    user.wait("orders", lambda said: said.observed_generation == 2, SECONDS, "seen")
    change(user, "orders", spec={"notifications": {"emails": ["data-team@example.com"]}})
    keep(user, "changing", "orders", ready_is_outdated)
    user.wait("orders", says("Ready", "True"), SECONDS, "ready")
    upload_to(user, "orders")
    keep(user, "suspended", "orders", says("DataCurrent", "False", "Suspended"))
    annotate(user, "orders", **{PLAN: "true"})
    change(user, "orders", spec={"trigger": {"batchWindowSeconds": 5}})
    keep(user, "planned", "orders", says("Ready", "False", "Planned"))
    annotate(user, "orders", **{PLAN: None, PAUSED: "true"})
    keep(user, "paused", "orders", says("Reconciling", "False", "Paused"))
    capture_trouble(user)


def capture_trouble(user: User) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    user.aws("s3").create_bucket(Bucket="other-team-data", CreateBucketConfiguration=place)
    user.pipeline("refused", bucket={"name": "other-team-data"})
    keep(user, "refused", "refused", says("Stalled", "True"))
    user.pipeline("reported", driftPolicy="Report")
    user.ready("reported")
    rule = next(x for x in user.status("reported").resources if x.kind == "Rule").name
    user.aws("events").put_rule(Name=rule, EventPattern='{"source": ["aws.glue"]}')
    annotate(user, "reported", **{REQUESTED: "now"})
    keep(user, "drifted", "reported", says("Drifted", "True"))
    processes.stop(user.directory, {"aws"})
    change(user, "reported", spec={"suspend": True})
    keep(user, "retrying", "reported", says("Ready", "False", "AWSUnreachable"))


def upload_to(user: User, name: str) -> None:
    bucket = next(line for line in user.status(name).resources if line.kind == "Bucket").name
    user.aws("s3").put_object(Bucket=bucket, Key="csv_data/a.csv", Body=b"a,b\n1,2\n")


def main() -> None:
    TESTDATA.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        sandbox = Sandbox(Path(scratch) / "sandbox")
        with sandbox.running():
            client = config.new_client_from_config(str(sandbox.kubeconfig))
            capture(User(sandbox, DynamicClient(client)))


if __name__ == "__main__":
    main()
