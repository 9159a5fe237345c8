"""Access logs: S3 writes them to the bucket of the spec, or the condition says why it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from dataflowxpress_sandbox import aws as sandbox_aws
from tests.walks.conftest import Life, said

STRANGER = "555566667777"  # another account


def spec_of(bucket: str, **more: str) -> dict[str, Any]:
    return {"deletionPolicy": "Delete", "bucket": {"accessLogs": {"bucket": bucket, **more}}}


def logging(life: Life) -> dict[str, str]:
    """Return the logging of the pipeline's bucket, as AWS shows it."""
    bucket = f"default-{life.name}-{sandbox_aws.ACCOUNT}"
    shown = life.world.admin("s3").get_bucket_logging(Bucket=bucket)
    found: dict[str, str] = shown.get("LoggingEnabled", {})
    return found


@pytest.mark.extended
def test_a_bucket_logs_to_the_bucket_of_the_spec_until_the_spec_drops_it(ending: Life) -> None:
    target, bucket = ending.world.log_bucket(), f"default-{ending.name}-{sandbox_aws.ACCOUNT}"
    ending.create(spec_of(target))
    ending.converge()
    assert logging(ending) == {"TargetBucket": target, "TargetPrefix": f"{bucket}/"}
    ending.world.admin("s3").put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    ending.converge()  # drift
    assert logging(ending)["TargetBucket"] == target
    ending.change(spec_of(target, prefix="orders/"))
    ending.converge()
    assert logging(ending)["TargetPrefix"] == "orders/"
    ending.change({"deletionPolicy": "Delete"})
    ending.converge()
    assert logging(ending) == {}


def refusal(life: Life, bucket: str) -> str:
    """Return why a pipeline with this bucket for its logs is refused; nothing was written."""
    life.create(spec_of(bucket))
    life.world.wire.restart()
    ready = life.reconcile().status["Ready"]
    assert ready
    assert (ready.status, ready.reason) == ("False", "Refused"), said(life.status)
    assert life.world.wire.writes == []
    assert "spec.bucket.accessLogs.bucket" in ready.message
    return ready.message


def test_a_bucket_that_does_not_admit_s3_is_refused_before_anything_is_written(
    ending: Life,
) -> None:
    target = ending.world.log_bucket(admits=False)
    message = refusal(ending, target)
    assert f"the policy of bucket {target} does not admit logging.s3.amazonaws.com" in message
    assert f"s3:PutObject on arn:aws:s3:::{target}/default-{ending.name}-" in message


def test_a_bucket_that_does_not_exist_is_refused_by_its_name(ending: Life) -> None:
    assert "bucket no-such-logs does not exist" in refusal(ending, "no-such-logs")


def test_a_bucket_of_another_account_is_refused(ending: Life) -> None:
    keys = ending.world.aws.environment(STRANGER, STRANGER)
    theirs = f"theirs-{ending.name}"
    where = {"LocationConstraint": sandbox_aws.REGION}
    ending.world.aws.client("s3", keys).create_bucket(
        Bucket=theirs, CreateBucketConfiguration=where
    )
    message = refusal(ending, theirs)
    assert f"bucket {theirs} must be in account {sandbox_aws.ACCOUNT}" in message


def test_a_bucket_does_not_log_to_itself(ending: Life) -> None:
    assert "a bucket cannot log to itself" in refusal(
        ending, f"default-{ending.name}-{sandbox_aws.ACCOUNT}"
    )


@pytest.mark.extended
def test_a_refusal_of_s3_names_the_field_and_the_fix(ending: Life) -> None:
    ending.create(spec_of(ending.world.log_bucket(of=STRANGER)))
    ready = ending.reconcile().status["Ready"]
    assert ready
    assert ready.status == "False"
    assert "in spec.bucket.accessLogs.bucket, name a bucket" in ready.message, said(ending.status)
    assert "allows s3:PutObject to logging.s3.amazonaws.com for this account" in ready.message


@pytest.mark.extended
def test_a_target_that_no_longer_admits_s3_is_reported(ending: Life) -> None:
    target = ending.world.log_bucket()
    ending.create(spec_of(target))
    ending.converge()
    ending.world.admin("s3").delete_bucket_policy(Bucket=target)
    ready = ending.reconcile().status["Ready"]
    assert ready
    assert (ready.status, ready.reason) == ("False", "Refused"), said(ending.status)
    assert f"the policy of bucket {target} does not admit" in ready.message


@pytest.mark.extended
def test_a_bucket_of_another_region_is_refused_with_the_fix(ending: Life) -> None:
    target, region = f"far-{ending.name}", "eu-central-1"
    s3 = ending.world.aws.client("s3", region=region)
    s3.create_bucket(Bucket=target, CreateBucketConfiguration={"LocationConstraint": region})
    near = ending.world.log_bucket()
    admitting = ending.world.admin("s3").get_bucket_policy(Bucket=near)["Policy"]
    s3.put_bucket_policy(Bucket=target, Policy=admitting.replace(near, target))
    ending.create(spec_of(target))
    ready = ending.reconcile().status["Ready"]
    assert ready
    assert ready.status == "False"
    fix = "in spec.bucket.accessLogs.bucket, name a bucket of the same account and region"
    assert fix in ready.message, said(ending.status)
