"""Memory and CPU time of the operator under attack; docs/attacks.md has the figures."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dataflowxpress_sandbox import aws as sandbox_aws
from tests.bench.attacks import million

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

ROOT = Path(__file__).parents[2]
MB = 1_000_000
SNAPSHOT = "dataflowxpress/snapshots/0000000100.jsonl.gz"
ROLE = "dataflowxpress-team"  # of the sessions
pytestmark = [pytest.mark.extended, pytest.mark.long]


class Figures(NamedTuple):
    """What a victim has printed: bytes before the attack and at the peak, and what it counted."""

    before: int
    peak: int
    counted: int
    cpu: int  # seconds

    @property
    def grown(self) -> int:
        """The bytes that the attack took at its peak."""
        return self.peak - self.before


def attacked(aws: RunningAws, folder: Path, *attack: str, **more: str) -> Figures:
    """Run a victim in a process of its own."""
    known = {name: os.environ[name] for name in ("PATH", "HOME")}
    environment = known | sandbox_aws.operator_environment(aws.port) | more
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.attacks.victim", *attack],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr
    found = Figures(**json.loads(done.stdout))
    print(f"{attack[0]}: {found.before / MB:.0f} MB before, {found.peak / MB:.0f} MB at the peak")
    print(f"{attack[0]}: {found.cpu} s of CPU time")
    return found


def test_a_bomb_in_a_snapshot(aws: RunningAws, tmp_path: Path) -> None:
    s3, bucket = aws.client("s3"), f"default-bomb-{uuid.uuid4().hex[:8]}"
    where = {"LocationConstraint": sandbox_aws.REGION}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    content = gzip.compress(b'{"number": 1, "waiting": {"k": "' + b"0" * 200_000_000 + b'"}}')
    assert len(content) < 200_000
    s3.put_object(Bucket=bucket, Key=SNAPSHOT, Body=content)
    found = attacked(aws, tmp_path, "bomb", bucket)
    assert found.counted == 0
    assert found.grown < 100 * MB


@pytest.mark.timeout(1800)
def test_a_million_pending_objects(aws: RunningAws, tmp_path: Path) -> None:
    with million.listing(1_000_000) as endpoint:
        found = attacked(aws, tmp_path, "listing", "lake", AWS_ENDPOINT_URL_S3=endpoint)
    assert found.counted == 1_000_000
    assert found.grown < 50 * MB
    assert found.cpu < 40  # 75 with the parser of botocore


@pytest.mark.timeout(1800)
def test_five_hundred_roles_that_do_not_exist(aws: RunningAws, tmp_path: Path) -> None:
    found = attacked(aws, tmp_path, "roles", "500")
    assert found.counted == 500
    assert found.grown < 200 * MB


@pytest.mark.timeout(1800)
def test_five_hundred_sessions_of_one_role(aws: RunningAws, tmp_path: Path) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{sandbox_aws.ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)
    found = attacked(aws, tmp_path, "sessions", "500")
    assert found.counted == 500
    assert found.peak < 300 * MB  # of 512 MiB, the limit of the chart
