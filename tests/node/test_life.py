"""A release on a real node: install, convert, lose the leader, upgrade, roll back, uninstall."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.e2e.conftest import User, holds
from tests.node.machine import ROOT, document, until
from tests.node.release import Release, process

pytestmark = [
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
    pytest.mark.timeout(1800),  # includes an image build
]
CHART = ROOT / "charts/dataflowxpress"
PIPELINE, BUCKET = "serverless", "serverlessgluelambdacloudwatch"
ROWS = b"id,name\n1,Ada\n2,Grace\n"

Report = Callable[[str], None]


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """Return a function that prints a line with the seconds since the last one."""
    last = time.monotonic()

    def line(what: str) -> None:
        nonlocal last
        with capsys.disabled():
            print(f"{time.monotonic() - last:6.1f} s  {what}", flush=True)  # noqa: T201 - the report
        last = time.monotonic()

    return line


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    """Return a copy of the chart with the previous version."""
    copy = tmp_path / "previous"
    shutil.copytree(CHART, copy)
    about = (copy / "Chart.yaml").read_text()
    (copy / "Chart.yaml").write_text(about.replace("version: 0.1.0", "version: 0.0.9"))
    return copy


def test_the_life_of_a_release(
    user: User,
    aws: RunningAws,
    release: Release,
    previous: Path,
    report: Report,
) -> None:
    began = time.monotonic()
    release.put("install", previous, "first")
    report("two replicas ready, at the Pod Security level `restricted`")
    release.helm("test", "dataflowxpress", "--logs")
    report("helm test")

    user.apply(document(ROOT / "examples/serverless.yaml"))
    user.ready(PIPELINE, seconds=120)
    report("examples/serverless.yaml Ready")
    aws.client("s3").put_object(Bucket=BUCKET, Key="csv_data/people.csv", Body=ROWS)
    user.wait(PIPELINE, lambda s: rows(s) == 2, 300, "converted")
    report("a file converted, 2 rows")
    memory = {pod.metadata.name: megabytes(release, pod) for pod in release.pods}
    report(f"memory: the leader {memory.pop(release.holder)} MB, the other {[*memory.values()]} MB")

    killed = release.leader
    os.kill(process(killed), signal.SIGKILL)
    until(lambda: release.holder not in {"", killed.metadata.name}, "taken over by another pod", 60)
    report("the leader killed; the other pod is the leader")
    user.patch(PIPELINE, {"spec": {"tags": {"team": "data"}}})
    user.wait(PIPELINE, lambda s: current(user, s), 120, "reconciled by the other")
    report("the new leader reconciled a change")

    there = resources(aws)
    release.put("upgrade", CHART, "second")
    compared(release, user)
    assert not release.metrics(release.leader).writes()
    report("upgraded; the new leader changes nothing in AWS")
    release.helm("rollback", "dataflowxpress", "--wait", "--timeout", "4m")
    compared(release, user)
    assert not release.metrics(release.leader).writes()
    report("rolled back; the new leader changes nothing in AWS")

    release.helm("uninstall", "dataflowxpress", "--wait")
    until(lambda: not release.pods, "removed", 90)
    assert resources(aws) == there
    assert user.exists(PIPELINE)
    report("uninstalled; the pipeline and its AWS resources exist")

    release.put("install", CHART, "second")
    compared(release, user)
    assert not release.metrics(release.leader).writes()
    report("installed again; the pipeline reconciled without a change in AWS")
    user.gone(PIPELINE, seconds=180)
    assert resources(aws) == {BUCKET}  # as deletionPolicy RetainData says
    report("the pipeline deleted; its bucket stays")
    release.helm("uninstall", "dataflowxpress", "--wait")
    report(f"uninstalled; total {time.monotonic() - began:.0f} s")


def rows(status: Status) -> int:
    return (status.data and status.data.rows) or 0


def current(user: User, status: Status) -> bool:
    generation = user.get(PIPELINE)["metadata"]["generation"]
    return status.observed_generation == generation and holds(status, "Ready")


def compared(release: Release, user: User) -> None:
    """Request a comparison by the leader, and wait for its end."""
    _ = release.leader  # waits until the old leader has released the Lease
    asked = str(time.time())
    user.patch(
        PIPELINE,
        {"metadata": {"annotations": {"dataflowxpress.io/reconcile-requested-at": asked}}},
    )
    user.wait(
        PIPELINE,
        lambda s: s.reconcile_handled_at == asked and holds(s, "Ready"),
        120,
        f"compared by {release.holder}",
    )


def resources(aws: RunningAws) -> set[str]:
    """Return the names of buckets, functions, queues and jobs in AWS."""
    buckets = {each["Name"] for each in aws.client("s3").list_buckets()["Buckets"]}
    functions = {f["FunctionName"] for f in aws.client("lambda").list_functions()["Functions"]}
    queues = set(aws.client("sqs").list_queues().get("QueueUrls", []))
    jobs = {each["Name"] for each in aws.client("glue").get_jobs()["Jobs"]}
    return buckets | functions | queues | jobs


def megabytes(release: Release, pod: Any) -> int:
    return round(release.metrics(pod).total("process_resident_memory_bytes") / 2**20)
