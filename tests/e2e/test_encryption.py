"""Encryption: data and messages pass through a pipeline with a customer-managed key, in a VPC."""

from __future__ import annotations

import json
import time
from typing import Any

from dataflowxpress.api.status import Status
from dataflowxpress.aws import key_policy
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.e2e.conftest import User

NAME, ROWS = "e2e-encrypted", 3
ACCOUNT = {"AWS": f"arn:aws:iam::{sandbox_aws.ACCOUNT}:root"}


def test_an_upload_becomes_rows_and_a_notification_under_the_key(user: User) -> None:
    key = make_key(user)
    user.pipeline(
        NAME,
        bucket={"name": NAME},
        encryption={"kmsKeyArn": key, "glueSecurityConfiguration": "Managed"},
        network=make_network(user),
        trigger={"batchWindowSeconds": 0},
        deletionPolicy="Delete",
    )
    user.ready(NAME)
    s3 = user.aws("s3")
    s3.put_object(Bucket=NAME, Key="csv_data/a.csv", Body=b"id\n1\n2\n3\n")
    user.wait(NAME, converted, 180, "through with the upload")
    assert notified(s3), "no marker of a sent notification"
    manifest = s3.list_objects_v2(Bucket=NAME, Prefix="dataflowxpress/manifests/")["Contents"][0]
    assert s3.head_object(Bucket=NAME, Key=manifest["Key"])["SSEKMSKeyId"] == key
    user.gone(NAME)


def make_key(user: User) -> str:
    """Make a key as the documentation says: for its users, and for the services."""
    users = {"Effect": "Allow", "Principal": ACCOUNT, "Action": "kms:*", "Resource": "*"}
    services = key_policy.statements("aws", sandbox_aws.ACCOUNT, sandbox_aws.REGION)
    document = json.dumps({"Version": "2012-10-17", "Statement": [users, *services]})
    return str(user.aws("kms").create_key(Policy=document)["KeyMetadata"]["Arn"])


def make_network(user: User) -> dict[str, Any]:
    ec2 = user.aws("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    user.aws("glue").create_connection(
        ConnectionInput={
            "Name": NAME,
            "ConnectionType": "NETWORK",
            "ConnectionProperties": {},
            "PhysicalConnectionRequirements": {"SubnetId": subnet, "SecurityGroupIdList": [group]},
        }
    )
    return {"connection": NAME, "subnetIds": [subnet], "securityGroupIds": [group]}


def converted(status: Status) -> bool:
    return status.data is not None and (status.data.rows, status.data.waiting) == (ROWS, 0)


def notified(s3: Any, seconds: float = 60) -> bool:
    """Wait for the marker that the function writes after it has published."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if s3.list_objects_v2(Bucket=NAME, Prefix="dataflowxpress/notified/").get("Contents"):
            return True
        time.sleep(0.5)
    return False
