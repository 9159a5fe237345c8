"""Permissions: functions, crawler and job need what their roles have, and are refused nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws import mail
from tests.e2e.conftest import User, holds

NAME, READER = "permits", "permits@example.com"
ROLES = {f"default-{NAME}-{of}" for of in ("glue", "start-crawler", "start-job", "notify")}
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


def test_a_good_run_uses_all_that_is_not_for_a_bad_day_and_is_refused_nothing(user: User) -> None:
    user.pipeline(
        NAME,
        trigger={"batchWindowSeconds": 0},
        notifications={"emails": [READER]},
        deletionPolicy="Delete",
    )
    user.ready(NAME)
    mail.confirm(user.directory, READER)
    bucket = f"default-{NAME}-{sandbox_aws.ACCOUNT}"
    user.aws("s3").put_object(Bucket=bucket, Key="csv_data/a.csv", Body=b"a,b\n1,2\n")
    user.wait(NAME, lambda s: bool(s.runs) and holds(s, "DataCurrent"), 180, "converted")
    user.mail(READER, f"Job run succeeded: default/{NAME}")
    given = {role: actions(user, role) for role in ROLES}
    user.gone(NAME)

    ledger = sandbox_aws.permissions(urlsplit(user.sandbox.env()["AWS_ENDPOINT_URL"]).port or 0)
    assert [one for one in ledger["refused"] if name(one) in ROLES] == []
    used = {(name(one), one["action"]) for one in ledger["used"]}
    unused = {(role, action) for role, some in given.items() for action in some} - used
    assert {(role, action) for role, action in unused if action not in OCCASIONAL} == set()


def actions(user: User, role: str) -> set[str]:
    answer = user.aws("iam").get_role_policy(RoleName=role, PolicyName="pipeline")
    listed = (statement["Action"] for statement in answer["PolicyDocument"]["Statement"])
    return {action for some in listed for action in ([some] if isinstance(some, str) else some)}


def name(one: dict[str, Any]) -> str:
    """Return the name of the role that somebody has taken on."""
    return str(one["by"]).rpartition("/")[2]
