"""Deletion: what each policy leaves, how far it is, what blocks it and what eases it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dataflowxpress.api.status import Status
from dataflowxpress.planning.naming import Names
from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.telemetry import progress
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.sample import EVERYTHING, sampled
from tests.walks.conftest import NAMESPACE, Life, Watched

MANY = 10_000 if EVERYTHING else 1_100  # more than a page
DATA = {"Bucket", "Database", "Table"}


pytestmark = pytest.mark.long


def started(life: Life, **spec: Any) -> tuple[set[str], str]:
    """Create a pipeline with data; return what was there before, and its bucket."""
    before, bucket = life.world.everything(), Names(life.owner, sandbox_aws.ACCOUNT)
    life.world.restart()
    life.create({"suspend": True, **spec})
    life.converge()
    life.world.admin("s3").put_object(Bucket=bucket.bucket(), Key="csv_data/a.csv", Body=b"a\n1\n")
    table = {"Name": "csv_data"}
    life.world.admin("glue").create_table(DatabaseName=bucket.database(), TableInput=table)
    return before, bucket.bucket()


def kinds(lines: set[str]) -> set[str]:
    return {line.partition(" ")[0] for line in lines}


def condition(life: Life, of: str) -> tuple[str, str, str]:
    found = life.status[of]
    assert found
    return found.status, found.reason, found.message


def clean(life: Life) -> None:
    """Take the data away that a policy has left, as its owner may."""
    names = Names(life.owner, sandbox_aws.ACCOUNT)
    empty_bucket(life, names.bucket())
    life.world.admin("glue").delete_database(Name=names.database())


def empty_bucket(life: Life, bucket: str) -> None:
    """Delete a bucket with all that is in it."""
    s3 = life.world.admin("s3")
    s3.delete_bucket_policy(Bucket=bucket)
    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
        s3.delete_object(Bucket=bucket, Key=found["Key"])
    s3.delete_bucket(Bucket=bucket)


def test_delete_leaves_nothing(life: Life) -> None:
    before, _ = started(life, deletionPolicy="Delete")
    life.delete()
    life.end()
    assert life.world.everything() == before


def test_a_pipeline_goes_whose_spec_made_no_sense_from_the_start(life: Life) -> None:
    life.create({"tags": {"no!key": "which the API server cannot know"}})
    assert life.reconcile().status["Ready"]
    assert condition(life, "Ready")[:2] == ("False", "InvalidSpec")
    life.delete()
    life.end()


@pytest.mark.extended
def test_retain_data_leaves_bucket_database_and_tables(life: Life) -> None:
    before, bucket = started(life)
    life.delete()
    life.end()
    assert kinds(life.world.everything() - before) == DATA
    assert life.world.admin("s3").head_object(Bucket=bucket, Key="csv_data/a.csv")
    clean(life)
    assert life.world.everything() == before


def test_retain_data_removes_an_empty_database_and_keeps_the_bucket(life: Life) -> None:
    before = life.world.everything()
    life.create({"suspend": True})
    life.converge()
    assert "Database" in kinds(life.world.everything() - before)
    life.delete()
    life.end()
    assert kinds(life.world.everything() - before) == {"Bucket"}


CONTENTS = ("a table", "a function", "a tag of its owner", "adopted")


@pytest.mark.parametrize("content", sampled(CONTENTS, "a table".__eq__))
def test_retain_data_keeps_a_database_that_is_not_known_to_be_ours_and_empty(
    life: Life, content: str
) -> None:
    glue = life.world.admin("glue")
    database = Names(life.owner, sandbox_aws.ACCOUNT).database()
    arn = f"arn:aws:glue:eu-west-1:{sandbox_aws.ACCOUNT}:database/{database}"
    life.create({"suspend": True, "catalog": {"adopt": content == "adopted"}})
    life.converge()
    if content == "a table":
        glue.create_table(DatabaseName=database, TableInput={"Name": "any"})
    if content == "a function":
        function = {"FunctionName": "any", "ClassName": "Any", "OwnerName": "me"}
        glue.create_user_defined_function(DatabaseName=database, FunctionInput=function)
    if content == "a tag of its owner":
        glue.untag_resource(ResourceArn=arn, TagsToRemove=[OWNER_TAG])
    life.delete()
    life.end()
    assert f"Database {database}" in life.world.everything()
    glue.delete_database(Name=database)
    names = Names(life.owner, sandbox_aws.ACCOUNT)
    empty_bucket(life, names.bucket())


def test_retain_leaves_everything_and_makes_no_call(life: Life) -> None:
    before, _ = started(life, deletionPolicy="Retain")
    there = life.world.everything()
    life.delete()
    life.world.restart()
    life.end()
    assert [call for call in life.world.wire.calls if call != "status"] == []
    assert life.world.everything() == there
    life.create({"deletionPolicy": "Delete", "suspend": True})  # a namesake has it all again
    life.converge()
    life.delete()
    life.end()
    assert life.world.everything() == before


@pytest.mark.extended
def test_a_full_bucket_tells_how_far_it_is(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    before, bucket = started(life, deletionPolicy="Delete", bucket={"versioning": True})
    s3 = life.world.admin("s3")
    fill(s3, bucket, MANY)
    reported: list[Status] = []
    write = Watched.write_status

    def noted(self: Watched, namespace: str, name: str, status: Status) -> None:
        reported.append(status)
        write(self, namespace, name, status)

    monkeypatch.setattr(Watched, "write_status", noted)
    life.delete()
    steps: list[int] = []
    with progress.reported_to(lambda: steps.append(len(reported))):
        life.end()
    assert life.world.everything() == before
    assert len(steps) >= MANY / 1000  # so often it is known to be well
    output = [c.message for status in reported if (c := status["Ready"]) and "removed" in c.message]
    assert output
    assert output[0].startswith(f"Bucket/{bucket}: ")
    assert "object versions removed, deletion continues" in output[0]


def fill(s3: Any, bucket: str, count: int) -> None:
    """Put objects, of which a tenth has a second version and a tenth a delete marker."""

    def put(n: int) -> None:
        s3.put_object(Bucket=bucket, Key=f"csv_data/{n % (count * 9 // 10)}.csv", Body=b"a\n")
        if n % 10 == 0:
            s3.delete_object(Bucket=bucket, Key=f"csv_data/{n}.csv")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, range(count)))


def test_what_blocks_is_said_with_its_cure_and_an_edit_eases_it(life: Life) -> None:
    before, bucket = started(life, deletionPolicy="Delete")
    s3 = life.world.admin("s3")
    keep = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
    document = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    document["Statement"].append({**keep, "Resource": f"arn:aws:s3:::{bucket}"})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    life.delete()
    report = life.world.operator.delete(NAMESPACE, life.name)
    assert report
    assert not report.success
    status, reason, message = condition(life, "Stalled")
    assert (status, reason) == ("True", "DeletionBlocked")
    assert f"Bucket/{bucket}: DeleteBucket: AccessDenied" in message
    assert "set spec.deletionPolicy to RetainData" in message
    life.change({"deletionPolicy": "RetainData"})
    life.end()
    assert kinds(life.world.everything() - before) == {"Bucket"}  # the database had gone already
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket(Bucket=bucket)


def test_what_lost_our_tag_is_not_deleted_and_neither_is_what_is_in_it(life: Life) -> None:
    before, bucket = started(life, deletionPolicy="Delete")
    s3 = life.world.admin("s3")
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "mine", "Value": "now"}]})
    life.delete()
    life.end()
    assert kinds(life.world.everything() - before) == {"Bucket"}
    for key in ("csv_data/", "csv_data/a.csv"):
        assert s3.head_object(Bucket=bucket, Key=key)
    for found in s3.list_objects_v2(Bucket=bucket)["Contents"]:
        s3.delete_object(Bucket=bucket, Key=found["Key"])
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.extended
@pytest.mark.parametrize("agreed", [False, True])
def test_delete_leaves_an_adopted_bucket_with_its_objects_unless_the_spec_agrees(
    life: Life, agreed: bool
) -> None:
    before, s3 = life.world.everything(), life.world.admin("s3")
    bucket = Names(life.owner, sandbox_aws.ACCOUNT).bucket()
    where = {"LocationConstraint": sandbox_aws.REGION}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
    s3.put_object(Bucket=bucket, Key="years/of/work", Body=b"1")
    policy = {"deletionPolicy": "Delete", "deleteAdopted": agreed}
    life.world.restart()
    life.create({"suspend": True, "bucket": {"adopt": True}, **policy})
    life.converge()
    life.change({"suspend": True, **policy})  # the adoption is complete
    life.converge()
    life.delete()
    life.end()
    assert kinds(life.world.everything() - before) == (set() if agreed else {"Bucket"})
    if not agreed:
        assert s3.head_object(Bucket=bucket, Key="years/of/work")
        empty_bucket(life, bucket)


@pytest.mark.extended
def test_a_paused_pipeline_is_not_deleted_until_it_goes_on(life: Life) -> None:
    before, _ = started(life, deletionPolicy="Delete")
    life.annotate(paused="true")
    life.delete()
    life.world.restart()
    report = life.world.operator.delete(NAMESPACE, life.name)
    assert report
    assert not report.success
    assert [call for call in life.world.wire.calls if call != "status"] == []
    life.annotate(paused="false")
    life.end()
    assert life.world.everything() == before
