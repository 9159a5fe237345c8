"""Bucket owner: the job neither reads nor writes in a bucket that another account owns."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress_sandbox.aws import ACCOUNT, REGION

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

STRANGER = "555566667777"
CALLS: dict[str, Callable[[Any], object]] = {
    "lists": lambda store: list(store.keys("csv_data/")),
    "reads": lambda store: store.read("csv_data/a.csv"),
    "writes": lambda store: store.create("dataflowxpress/manifests/1.json", b"{}"),
    "copies": lambda store: store.copy({"csv_data/a.csv": "parquet_data/a.csv"}),
    "deletes": lambda store: store.delete_keys(["csv_data/a.csv"]),
    "lists uploads": lambda store: store.incomplete_uploads("csv_data/"),
    "aborts": lambda store: store.abort([{"Key": "csv_data/b.csv", "UploadId": "1"}]),
}


@pytest.fixture
def store(aws: RunningAws, dataflow: Any) -> Any:
    """A store for a bucket that another account owns, which admits everybody."""
    name = f"glue-{uuid.uuid4().hex[:8]}"
    s3 = aws.client("s3", aws.environment(STRANGER, STRANGER))
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="csv_data/a.csv", Body=b"a\n1\n")
    ours, arn = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, f"arn:aws:s3:::{name}"
    allow = {"Effect": "Allow", "Principal": ours, "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    s3.put_bucket_policy(Bucket=name, Policy=document)
    options = dataflow.options.Options(
        pipeline="p",
        bucket=name,
        bucket_owner=ACCOUNT,
        database="d",
        source_prefix="csv_data/",
        target_prefix="parquet_data/",
    )
    return dataflow.store.Store(options)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_bucket_of_another_account_is_not_touched(
    store: Any, call: Callable[[Any], object]
) -> None:
    with pytest.raises(ClientError, match="Access Denied"):
        call(store)
