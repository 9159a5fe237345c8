"""The command line: the same engine for a manifest, and a user's view of the cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress_sandbox.aws import operator_environment
from dataflowxpress_sandbox.demo.leftovers import leftovers
from tests.e2e.conftest import User

Run = subprocess.CompletedProcess[str]
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.long


@pytest.fixture
def shell(user: User) -> Callable[..., Run]:
    """Run a command as somebody who has sourced the sandbox's env."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"

    def run(*argv: str, command: str = "dataflowxpress", **more: str) -> Run:
        return subprocess.run(
            [command, *argv],
            env={**os.environ, **user.sandbox.env(), "PATH": path, "COLUMNS": "200", **more},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., str]:
    def write(name: str, **spec: Any) -> str:
        file = tmp_path / f"{name}.yaml"
        head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": name}}
        file.write_text(yaml.safe_dump({**head, "spec": spec}))
        return str(file)

    return write


def reconciling(status: Status) -> str:
    found = status["Reconciling"]
    return found.reason if found else ""


def actions(plan: Run) -> dict[str, str]:
    steps = json.loads(plan.stdout)["steps"]
    return {f"{step['kind']}/{step['name']}": step["action"] for step in steps}


@pytest.mark.extended
def test_a_manifest_lives_its_whole_life_without_a_cluster(
    user: User, shell: Callable[..., Run], manifest: Callable[..., str]
) -> None:
    port = user.cloud.port
    shell = partial(shell, **operator_environment(port))  # root may do what policies deny
    before = set(leftovers(user.aws))
    file = manifest("handmade")
    plan = shell("plan", "-f", file, "-o", "json")
    assert (plan.returncode, set(actions(plan).values())) == (2, {"create"}), plan.stderr
    assert set(leftovers(user.aws)) == before

    applied = shell("apply", "-f", file, "--yes")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "✓ + Crawler/default-handmade" in applied.stdout
    assert shell("plan", "-f", file).returncode == 0
    status = shell("status", "-f", file, "--all")
    assert (status.returncode, "Ready    Job/default-handmade" in status.stdout) == (0, True)

    file = manifest("handmade", job={"name": "renamed"}, deletionPolicy="Delete")
    plan = shell("plan", "-f", file, "-o", "json")
    assert plan.returncode == 2
    changed = {resource: do for resource, do in actions(plan).items() if do != "keep"}
    assert changed["Job/renamed"] == "create"
    assert changed["Job/default-handmade"] == "delete"  # the inventory is remembered
    assert shell("apply", "-f", file, "--yes").returncode == 0
    assert shell("plan", "-f", file).returncode == 0

    deleted = shell("delete", "-f", file, "--yes")
    assert deleted.returncode == 0, deleted.stdout + deleted.stderr
    assert set(leftovers(user.aws)) == before


@pytest.mark.extended
def test_a_deletion_that_lost_its_bucket_finds_the_other_resources(
    user: User, shell: Callable[..., Run], manifest: Callable[..., str]
) -> None:
    before, s3 = set(leftovers(user.aws)), user.aws("s3")
    file = manifest("unfinished", deletionPolicy="Delete", bucket={"name": "unfinished-bucket"})
    assert shell("apply", "-f", file, "--yes").returncode == 0
    s3.delete_bucket_policy(Bucket="unfinished-bucket")
    for each in s3.list_objects_v2(Bucket="unfinished-bucket")["Contents"]:
        s3.delete_object(Bucket="unfinished-bucket", Key=each["Key"])
    s3.delete_bucket(Bucket="unfinished-bucket")
    deleted = shell("delete", "-f", file, "--yes")
    assert deleted.returncode == 0, deleted.stdout + deleted.stderr
    assert set(leftovers(user.aws)) == before


def test_nothing_is_applied_or_deleted_unasked(
    shell: Callable[..., Run], manifest: Callable[..., str]
) -> None:
    refused = shell("apply", "-f", manifest("unasked"))
    assert (refused.returncode, "add --yes" in refused.stderr) == (1, True)


def test_a_pipeline_in_the_cluster_is_planned_paused_and_deleted(
    user: User, shell: Callable[..., Run], manifest: Callable[..., str]
) -> None:
    user.pipeline("steered")
    user.ready("steered")
    assert shell("plan", "steered").returncode == 0
    listed = [line.split() for line in shell("status").stdout.splitlines()]
    assert [line[:3] for line in listed if line[0] == "steered"] == [
        ["steered", "True", "Converged"]
    ]
    refused = shell("apply", "-f", manifest("steered", suspend=True), "--yes")
    assert refused.returncode == 1
    assert "owns default/steered" in refused.stderr
    assert "Run `dataflowxpress apply steered -n default` against that cluster" in refused.stderr
    assert "adopt" not in refused.stdout + refused.stderr
    kept = shell("delete", "-f", manifest("steered"), "--yes")
    assert (kept.returncode, "owns default/steered" in kept.stderr) == (1, True), kept.stdout

    # What a pull request would change, seen without the cluster's help.
    review = shell("plan", "-f", manifest("steered", job={"workers": 3}))
    assert (review.returncode, "NumberOfWorkers: 2 -> 3" in review.stdout) == (2, True)

    assert shell("pause", "steered").returncode == 0
    user.wait("steered", lambda s: reconciling(s) == "Paused", 20, "paused")
    user.aws("glue").update_job(
        JobName="default-steered",
        JobUpdate={
            **{
                key: value
                for key, value in user.aws("glue").get_job(JobName="default-steered")["Job"].items()
                if key in {"Role", "Command", "DefaultArguments", "GlueVersion", "WorkerType"}
            },
            "NumberOfWorkers": 9,
        },
    )
    drifted = shell("plan", "steered")
    assert (drifted.returncode, "NumberOfWorkers: 9 -> 2" in drifted.stdout) == (2, True)
    for command in (["apply"], ["run"], ["delete", "--yes"]):
        held = shell(*command, "steered")
        assert held.returncode == 1, held.stdout
        assert "has the annotation dataflowxpress.io/paused" in held.stderr
        assert "run `dataflowxpress resume steered -n default`" in held.stderr
    assert shell("resume", "steered").returncode == 0
    user.wait("steered", lambda s: reconciling(s) == "Settled", 20, "resumed")
    asked = shell("apply", "steered")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert shell("plan", "steered").returncode == 0

    gone = shell("delete", "steered", "--yes")
    assert (gone.returncode, "is gone" in gone.stdout) == (0, True), gone.stderr
    assert not user.exists("steered")


@pytest.mark.extended
def test_a_pipeline_in_the_cluster_is_run_with_its_costs_and_logs(
    user: User, shell: Callable[..., Run], manifest: Callable[..., str]
) -> None:
    user.pipeline("driven")
    user.ready("driven")
    ran = shell("run", "driven", "-o", "json")
    assert (ran.returncode, "SUCCEEDED" in ran.stdout) == (0, True), ran.stderr
    assert json.loads(ran.stdout)["state"] == "SUCCEEDED"
    assert "SUCCEEDED" in shell("runs", "driven").stdout
    [newest, *_] = json.loads(shell("runs", "driven", "-o", "json").stdout)
    assert newest["dpuSeconds"] == 2 * newest["seconds"]  # two workers G.1X
    spent = json.loads(shell("cost", "driven", "-o", "json").stdout)
    [runs, crawls] = spent["parts"]
    assert (runs["name"], runs["number"]) == ("runs of the job", 1)
    assert runs["usd"] == pytest.approx(runs["dpuHours"] * 0.44, abs=1e-5)
    assert (crawls["name"], crawls["number"]) == ("crawls", 1)  # before the first run
    estimated = shell("plan", "driven", "--uploads-per-month", "730", "-o", "json").stdout
    assert json.loads(estimated)["cost"]["usd"] > 1
    unknown = shell("cost", "-f", manifest("undeployed"))
    assert (unknown.returncode, "estimate a month with" in unknown.stderr) == (1, True)
    logs = shell("logs", "driven")
    assert "batch done" in logs.stdout, logs.stdout + logs.stderr
    user.gone("driven")


@pytest.mark.parametrize("version", [pytest.param("4.0", marks=pytest.mark.extended), "5.0"])
def test_the_logs_of_a_run_have_its_output_and_its_errors_with_each_glue_version(
    shell: Callable[..., Run], manifest: Callable[..., str], version: str
) -> None:
    name = f"glue-{version.replace('.', '-')}"
    script = {"inline": "import sys; print('said'); print('complained', file=sys.stderr)"}
    job = {"glueVersion": version, "script": script}
    assert shell("apply", "-f", manifest(name, job=job), "--yes").returncode == 0
    shell("run", "-f", manifest(name, job=job))
    logs = shell("logs", "-f", manifest(name, job=job), "--of", "job").stdout
    assert {"said", "complained"} <= {line.rpartition(" ")[2] for line in logs.splitlines()}, logs
    shell("delete", "-f", manifest(name, job=job), "--yes")


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
def test_tab_completes_the_names_of_the_clusters_pipelines(
    user: User, shell: Callable[..., Run]
) -> None:
    user.pipeline("tabbed", annotations={"dataflowxpress.io/paused": "true"})
    tab = shell("status", "-n", "default", "tab", command="kubectl_complete-dataflow")
    assert tab.stdout.splitlines() == ["tabbed", ":4"], tab.stderr
    user.gone("tabbed")


def test_what_is_wrong_is_a_sentence(shell: Callable[..., Run], tmp_path: Path) -> None:
    missing = shell("plan", "nobody")
    assert (missing.returncode, missing.stderr.strip()) == (
        1,
        (
            "Error: DataPipeline nobody does not exist in namespace default\n"
            "  Fix: correct the name, or give the namespace with -n"
        ),
    )
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        f"apiVersion: {GROUP}/{VERSION}\nkind: {KIND}\nmetadata: {{name: bad}}\n"
        "spec: {job: {workers: 1}}\n"
    )
    refused = shell("plan", "-f", str(bad))
    assert (refused.returncode, "spec.job.workers" in refused.stderr) == (1, True)
    assert "Traceback" not in refused.stderr


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
def test_it_is_a_plugin_of_kubectl(shell: Callable[..., Run], manifest: Callable[..., str]) -> None:
    plan = shell("dataflow", "plan", "-f", manifest("plugged"), command="kubectl")
    assert (plan.returncode, "+ Crawler/default-plugged" in plan.stdout) == (2, True), plan.stderr
