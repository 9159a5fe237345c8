"""Permissions: functions, crawler and job need what their roles have, and are refused nothing."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import mail
from tests.e2e.conftest import User, holds

NAME, READER = "permits", "permits@example.com"
OF = ("glue", "schedule", "start-crawler", "start-job", "notify")
ROLES = {f"default-{NAME}-{of}" for of in OF}
OCCASIONAL = {  # what one good run does not need
    "sqs:ChangeMessageVisibility": "a message goes back while a crawl or a run is on",
    "sqs:GetQueueUrl": "... and for that, the queue is looked up",
    "s3:AbortMultipartUpload": "a large object could not be written",
    "s3:DeleteObject": "an object's contents have changed, or a run was cut short",
    "s3:GetBucketLocation": "a script's library asks where the bucket is",
    "glue:DeleteTable": "a crawler's table goes with its folder",
    "glue:GetTables": "a script of the user's own may look around",
    "glue:UpdateTable": "a table has got more columns",
    "glue:BatchCreatePartition": "the target is partitioned",
    "glue:BatchDeletePartition": "the target is partitioned",
    "glue:BatchGetPartition": "the target is partitioned",
    "glue:BatchUpdatePartition": "the target is partitioned",
    "glue:DeletePartition": "the target is partitioned",
    "glue:GetPartition": "the target is partitioned",
    "glue:GetPartitions": "the target is partitioned",
    "logs:CreateLogGroup": "Glue makes its groups in an account that has none yet",
}


pytestmark = pytest.mark.long


def test_a_good_run_uses_all_that_is_not_for_a_bad_day_and_is_refused_nothing(user: User) -> None:
    user.pipeline(
        NAME,
        trigger={"batchWindowSeconds": 0, "schedule": "rate(12 hours)"},
        notifications={"emails": [READER]},
        deletionPolicy="Delete",
    )
    user.ready(NAME)
    mail.confirm(user.directory, READER)
    bucket = f"default-{NAME}-{sandbox_aws.ACCOUNT}"
    user.aws("s3").put_object(Bucket=bucket, Key="csv_data/a.csv", Body=b"a,b\n1,2\n")
    user.wait(NAME, lambda s: bool(s.runs) and holds(s, "DataCurrent"), 180, "converted")
    user.mail(READER, f"Job run succeeded: default/{NAME}")
    user.aws("s3").put_object(Bucket=bucket, Key="csv_data/b.csv", Body=b"a,b,new\n1,2,3\n")
    user.wait(NAME, converted_both, 180, "converted with the new column")
    given = {role: actions(user, role) for role in ROLES}

    def unused() -> set[tuple[str, str]]:
        used = {(name(one), one["action"]) for one in ledger(user)["used"]}
        every = {(role, action) for role, some in given.items() for action in some}
        return {one for one in every - used if one[1] not in OCCASIONAL}

    deadline = time.monotonic() + 60  # the mail arrives before the function has ended
    while unused() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert unused() == set()
    # A deletion takes permissions from functions that may still run: this must be known before it.
    assert [one for one in ledger(user)["refused"] if name(one) in ROLES] == []
    user.gone(NAME)


def converted_both(status: Status) -> bool:
    data = status.data
    return data is not None and data.objects == len("ab") and holds(status, "DataCurrent")


def ledger(user: User) -> dict[str, Any]:
    """Return which permissions were used and which were missing since the sandbox began."""
    return sandbox_aws.permissions(urlsplit(user.sandbox.env()["AWS_ENDPOINT_URL"]).port or 0)


def actions(user: User, role: str) -> set[str]:
    answer = user.aws("iam").get_role_policy(RoleName=role, PolicyName="pipeline")
    listed = (statement["Action"] for statement in answer["PolicyDocument"]["Statement"])
    return {action for some in listed for action in ([some] if isinstance(some, str) else some)}


def name(one: dict[str, Any]) -> str:
    """Return the name of the role that somebody has taken on."""
    return str(one["by"]).rpartition("/")[2]
