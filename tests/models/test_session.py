"""A session that calls AWS with what the models forbid."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.extended

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.conftest import own_aws
from tests.models.session import pytest_configure, pytest_sessionfinish, pytest_terminal_summary
"""
# One call for each protocol. botocore sends all of them.
TEST = """
import contextlib
from botocore.exceptions import ClientError

def test_calls(own_aws):
    def call(service, operation, **parameters):
        with contextlib.suppress(ClientError):
            getattr(own_aws.client(service), operation)(**parameters)

    call("glue", "create_trigger", Name="t", Type="NEVER", Actions=[])
    call("cloudwatch", "put_metric_alarm", AlarmName="a" * 256, EvaluationPeriods=1,
         ComparisonOperator="Above", MetricName="m", Namespace="n", Period=60, Threshold=1)
    call("iam", "create_role", RoleName="a role", AssumeRolePolicyDocument="{}")
    call("lambda", "list_functions", MaxItems=100_000)
    call("s3", "put_bucket_versioning", Bucket="b", VersioningConfiguration={"Status": "On"})
    call("sqs", "list_queues", MaxResults=10)
"""


def session(directory: Path, test: str) -> subprocess.CompletedProcess[str]:
    (directory / "conftest.py").write_text(CONFTEST)
    (directory / "test_calls.py").write_text(test)
    options = ["-c", "/dev/null", "--rootdir", str(directory), "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(directory)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return session(tmp_path_factory.mktemp("failed"), TEST)


@pytest.mark.parametrize(
    "finding",
    [
        "request of glue:CreateTrigger: Type is 'NEVER', none of SCHEDULED",
        "request of cloudwatch:PutMetricAlarm: AlarmName has 256, more than 255",
        "request of cloudwatch:PutMetricAlarm: ComparisonOperator is 'Above', none of",
        "request of iam:CreateRole: RoleName is 'a role', which does not match",
        "request of lambda:ListFunctions: MaxItems has 100000, more than 10000",
        "request of s3:PutBucketVersioning: VersioningConfiguration.Status is 'On', none of",
    ],
)
def test_a_request_that_a_model_forbids_fails_the_session(
    failed: subprocess.CompletedProcess[str], finding: str
) -> None:
    assert failed.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed" in failed.stdout, failed.stdout
    assert f"FAILED {finding}" in failed.stdout


def test_requests_that_the_models_allow_pass_and_are_counted(tmp_path: Path) -> None:
    allowed = session(tmp_path, 'def test_calls(own_aws): own_aws.client("sqs").list_queues()')
    assert allowed.returncode == pytest.ExitCode.OK, allowed.stdout
    assert (
        "1 calls of 1 operations; 1 requests and 1 responses that are not alike" in allowed.stdout
    )
