"""The AWS server: who may do what in it, and what is left of it when it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress_sandbox import aws as sandbox_aws

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

SLEEPER = """
import os, time, boto3
def handler(event, context):
    if event.get("sleep"):
        time.sleep(event["sleep"])
    caller = boto3.client("sts").get_caller_identity()["Arn"]
    return {"pid": os.getpid(), "caller": caller}
"""


def test_an_administrator_may_do_everything(aws: RunningAws) -> None:
    assert sandbox_aws.ready(aws.port)
    assert aws.client("sts").get_caller_identity()["Account"] == sandbox_aws.ACCOUNT


def test_the_operator_is_a_user_of_its_own_and_asking_twice_gives_the_same_key(
    aws: RunningAws,
) -> None:
    first = sandbox_aws.operator_environment(aws.port)
    second = sandbox_aws.operator_environment(aws.port)
    arn = aws.client("sts", first).get_caller_identity()["Arn"]
    assert first == second
    assert arn.endswith(":user/dataflowxpress-operator")


def test_a_user_without_a_policy_is_denied(aws: RunningAws) -> None:
    nobody = user(aws, "nobody")
    with pytest.raises(ClientError, match="AccessDenied"):
        aws.client("s3", nobody).create_bucket(
            Bucket="of-nobody", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )


def test_a_function_acts_as_its_role_and_on_this_aws(own_aws: RunningAws) -> None:
    sleeper(own_aws)
    answer = invoke(own_aws)
    assert ":assumed-role/sleeper/" in answer["caller"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
def test_no_process_survives_the_server(
    own_aws: RunningAws,
    end: signal.Signals,
    eventually: Callable[..., Any],
    processes_under: Callable[[int], list[int]],
    alive: Callable[[int], bool],
) -> None:
    sleeper(own_aws)
    worker = invoke(own_aws)["pid"]
    own_aws.client("lambda").invoke(
        FunctionName="sleeper", InvocationType="Event", Payload=json.dumps({"sleep": 300})
    )
    children = processes_under(own_aws.pid)
    assert worker in children
    os.kill(own_aws.pid, end)
    eventually(lambda: not any(map(alive, children)), 10)


def user(aws: RunningAws, name: str) -> dict[str, str]:
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    environment: dict[str, str] = aws.environment(key["AccessKeyId"], key["SecretAccessKey"])
    return environment


def sleeper(aws: RunningAws) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = aws.client("iam").create_role(
        RoleName="sleeper", AssumeRolePolicyDocument=json.dumps(trust)
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", SLEEPER)
    aws.client("lambda").create_function(
        FunctionName="sleeper",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="handler.handler",
        Code={"ZipFile": package.getvalue()},
        Timeout=600,
    )
    aws.client("lambda").get_waiter("function_active_v2").wait(
        FunctionName="sleeper", WaiterConfig={"Delay": 1}
    )


def invoke(aws: RunningAws) -> dict[str, Any]:
    answer: dict[str, Any] = json.load(
        aws.client("lambda").invoke(FunctionName="sleeper", Payload=b"{}")["Payload"]
    )
    return answer
