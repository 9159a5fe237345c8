"""Fixtures of the AWS emulator's tests: a bucket, a database and roles, with names of their own."""

from __future__ import annotations

import functools
import json
import subprocess
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataflowxpress_sandbox.aws.serving import RunningAws


@dataclass(frozen=True)
class Place:
    """A bucket with data, a database of the same name, and whatever else a test makes there."""

    aws: RunningAws
    name: str

    def put(self, key: str, body: str | bytes) -> None:
        s3(self.aws).put_object(Bucket=self.name, Key=key, Body=body)

    def keys(self, prefix: str) -> list[str]:
        found = s3(self.aws).list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def role(self, *statements: dict[str, Any], service: str = "glue.amazonaws.com") -> str:
        """Make a role with these permissions, or all of S3, Glue and Logs; return its ARN."""
        allowed = statements or (allow("s3:*", "glue:*", "logs:*"),)
        iam, name = self.aws.client("iam"), unique("role")
        trust = {"Principal": {"Service": service}, **allow("sts:AssumeRole")}
        del trust["Resource"]
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy(*allowed))
        arn: str = role["Role"]["Arn"]
        return arn

    def columns(self, table: str) -> str:
        found = self.table(table)["StorageDescriptor"]["Columns"]
        return ", ".join(f"{each['Name']} {each['Type']}" for each in found)

    def table(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.aws.client("glue").get_table(
            DatabaseName=self.name, Name=name
        )["Table"]
        return found

    def tables(self) -> list[str]:
        found = self.aws.client("glue").get_tables(DatabaseName=self.name)["TableList"]
        return sorted(each["Name"] for each in found)


@pytest.fixture
def place(aws: RunningAws) -> Place:
    return make_place(aws)


@pytest.fixture
def own_place(own_aws: RunningAws) -> Place:
    return make_place(own_aws)


def make_place(aws: RunningAws) -> Place:
    name = unique("place")
    aws.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    aws.client("glue").create_database(DatabaseInput={"Name": name})
    return Place(aws, name)


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any], float], Any]:
    """Wait until something is true, for so many seconds at most; return what it is."""

    def wait(condition: Callable[[], Any], seconds: float = 30) -> Any:
        deadline = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < deadline, f"not so after {seconds} s"
            time.sleep(0.1)
        return value

    return wait


@pytest.fixture
def events(place: Place) -> Callable[[], list[dict[str, Any]]]:
    """Glue's events from now on, through a rule and a queue."""
    sqs, rules = place.aws.client("sqs"), place.aws.client("events")
    admitted = {**allow("sqs:SendMessage"), "Principal": {"Service": "events.amazonaws.com"}}
    attributes = {"Policy": policy(admitted)}
    url = sqs.create_queue(QueueName=place.name, Attributes=attributes)["QueueUrl"]
    wanted = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = sqs.get_queue_attributes(**wanted)["Attributes"]["QueueArn"]
    rules.put_rule(Name=place.name, EventPattern=json.dumps({"source": ["aws.glue"]}))
    rules.put_targets(Rule=place.name, Targets=[{"Id": "queue", "Arn": arn}])

    def received() -> list[dict[str, Any]]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(each["Body"]) for each in answer.get("Messages", [])]

    return received


@pytest.fixture
def processes_under() -> Callable[[int], list[int]]:
    """A process and all that descend from it."""

    def find(pid: int) -> list[int]:
        table = ps("-e", "-o", "pid=,ppid=").splitlines()
        parents = {int(child): int(parent) for child, parent in map(str.split, table)}
        found = [pid]
        for parent in found:
            found += [child for child, its in parents.items() if its == parent]
        return found

    return find


@pytest.fixture
def alive() -> Callable[[int], bool]:
    """Whether a process is there and no zombie."""

    def check(pid: int) -> bool:
        state = ps("-p", str(pid), "-o", "stat=").strip()
        return bool(state) and not state.startswith("Z")

    return check


def ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout


@functools.cache
def s3(aws: RunningAws) -> Any:
    return aws.client("s3")  # a client is dearer than a call


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def allow(*actions: str, resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
