"""The smoke test of an account: every hop passes, a broken hop is named, and nothing is left."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataflowxpress_sandbox.aws import ACCOUNT, REGION, operator_environment
from dataflowxpress_sandbox.aws.faults import Faults
from dataflowxpress_sandbox.aws.serving import RunningAws
from dataflowxpress_sandbox.demo.leftovers import leftovers

Start = Callable[..., subprocess.Popen[str]]
HOPS = [
    *("create", "upload", "bucket event → queue", "queue → crawl", "crawl → table"),
    *("crawl event → run", "run → Parquet", "run event → mail", "compare", "change the spec"),
    *("detect drift", "correct drift", "delete"),
]

pytestmark = pytest.mark.long


@pytest.fixture
def start(aws: RunningAws, tmp_path: Path) -> Iterator[Start]:
    """Start `dataflowxpress smoke` with the permissions that the documentation names."""
    before = leftovers(aws.client)
    environment = {**os.environ, **operator_environment(aws.port), "PYTHONUNBUFFERED": "1"}

    with contextlib.ExitStack() as stack:

        def begin(*options: str) -> subprocess.Popen[str]:
            command = [Path(sys.executable).with_name("dataflowxpress"), "smoke", "--dir", tmp_path]
            process = subprocess.Popen(
                [*map(str, command), "--region", REGION, *options],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            return stack.enter_context(process)

        yield begin
    assert leftovers(aws.client) == before
    assert not list(tmp_path.glob("*.yaml"))  # only a pipeline that is left keeps its file


def hops(output: str) -> dict[str, str]:
    """Return the result of each hop in a table."""
    rows = re.findall(r"^(\S.{23})  +[\d.]+ +\d+  (ok|FAILED)$", output, re.MULTILINE)
    return {name.strip(): result for name, result in rows}


def report(folder: Path) -> str:
    (file,) = folder.glob("dataflowxpress-smoke-*.md")
    return file.read_text()


@pytest.mark.extended
def test_without_yes_it_says_what_it_creates_and_at_what_cost_and_creates_nothing(
    start: Start, tmp_path: Path
) -> None:
    process = start()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"resources in AWS account {ACCOUNT}, {REGION}" in output
    assert re.search(r"1 Bucket, .*8 Queue", output)
    assert re.search(r"Costs about \$0\.\d\d", output)
    assert "add --yes" in output
    assert not list(tmp_path.iterdir())


def test_every_hop_passes_and_the_report_hides_the_account(start: Start, tmp_path: Path) -> None:
    process = start("--yes", "--timeout", "120")
    output, _ = process.communicate(timeout=400)
    assert process.returncode == 0, output
    assert hops(output) == dict.fromkeys(HOPS, "ok")
    written = report(tmp_path)
    assert hops(written) == dict.fromkeys(HOPS, "ok")
    assert "table csv_data_parquet in s3://" in written
    assert "'visitors' bigint" in written
    assert re.search(r"\d+ glue:GetCrawler", written)
    assert re.search(r"estimated cost \$0\.\d\d", written)
    assert ACCOUNT not in written


@pytest.mark.extended
def test_a_hop_that_never_ends_is_named_with_the_place_to_look_at(
    aws: RunningAws, start: Start, tmp_path: Path
) -> None:
    resource = "*:crawler/default-smoke-*"
    with Faults(aws).during("drop", "event:Glue Crawler*", resource=resource):
        process = start("--yes", "--timeout", "25")
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert hops(output)["crawl → table"] == "ok"
    assert hops(output)["crawl event → run"] == "FAILED"
    assert list(hops(output))[-2:] == ["crawl event → run", "delete"]
    written = report(tmp_path)
    assert "## Failed: crawl event → run" in written
    assert "the crawl is Succeeded, no run" in written
    assert "the rule `crawled`, the logs of the function start-job" in written


@pytest.mark.extended
def test_a_failed_run_is_reported_with_its_error_before_the_time_is_over(
    aws: RunningAws, start: Start, tmp_path: Path
) -> None:
    # The job writes its manifest last.
    manifest = "*/dataflowxpress/manifests/*"
    with Faults(aws).during("fail", "s3:PutObject", resource=manifest, error="AccessDenied"):
        process = start("--yes", "--timeout", "200")
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert hops(output)["run → Parquet"] == "FAILED"
    assert re.search(r"run jr_\w+ ended FAILED: .*AccessDenied", report(tmp_path))


def test_ctrl_c_in_the_middle_of_the_creation_leaves_nothing_in_aws(
    aws: RunningAws, start: Start, tmp_path: Path
) -> None:
    process, roles = (
        start("--yes", "--timeout", "120"),
        aws.client("iam").get_paginator("list_roles"),
    )
    while not any(
        "-smoke-" in role["RoleName"] for page in roles.paginate() for role in page["Roles"]
    ):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 128 + signal.SIGINT, output
    assert hops(output) == hops(report(tmp_path)) == {"create": "FAILED", "delete": "ok"}
    assert "interrupted by SIGINT" in report(tmp_path)


@pytest.mark.extended
def test_sigterm_in_the_middle_of_the_data_path_leaves_nothing_in_aws(start: Start) -> None:
    process = start("--yes", "--timeout", "120")
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("queue → crawl"):
            process.terminate()
            break
    output = "".join([*lines, *process.stdout])
    assert process.wait(timeout=200) == 128 + signal.SIGTERM, output
    assert "interrupted by SIGTERM" in output
    assert hops(output)["delete"] == "ok"
    assert "compare" not in hops(output)
