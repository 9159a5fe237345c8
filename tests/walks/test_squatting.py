"""Squatting: a bucket name that another account has taken gets none of a pipeline's data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dataflowxpress.kube.client import Cluster
from dataflowxpress.planning.ownership import CLUSTER_TAG, OWNER_TAG
from dataflowxpress_sandbox import aws as sandbox_aws
from tests.walks.conftest import Life, World, said

STRANGER = "555566667777"
OURS = {"AWS": f"arn:aws:iam::{sandbox_aws.ACCOUNT}:root"}


@dataclass(frozen=True)
class Squatter:
    """Another account, which knows the tags of a pipeline and admits its account to everything."""

    world: World
    bucket: str

    @property
    def s3(self) -> Any:
        return self.world.aws.client("s3", self.world.aws.environment(STRANGER, STRANGER))

    def take(self, owner: str) -> None:
        """Create the bucket, with the tags of *owner*."""
        where = {"LocationConstraint": sandbox_aws.REGION}
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=where)
        resources = [f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/*"]
        allow = {"Effect": "Allow", "Principal": OURS, "Action": "s3:*", "Resource": resources}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=document)
        cluster = Cluster(self.world.api).uid
        tags = [{"Key": OWNER_TAG, "Value": owner}, {"Key": CLUSTER_TAG, "Value": cluster}]
        self.s3.put_bucket_tagging(Bucket=self.bucket, Tagging={"TagSet": tags})

    def keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket)
        return [each["Key"] for each in listed.get("Contents", ())]

    def leave(self) -> None:
        for key in self.keys():
            self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.s3.delete_bucket(Bucket=self.bucket)


@pytest.fixture
def squatter(world: World, life: Life) -> Iterator[Squatter]:
    yield Squatter(world, f"default-{life.name}-{sandbox_aws.ACCOUNT}")
    assert life.owned() == set()


def says_so(life: Life, squatter: Squatter) -> None:
    """Reconcile; the condition has to say who has the name, and what to do."""
    status = life.reconcile().status
    ready = status["Ready"]
    assert ready
    assert ready.status == "False"
    words = "belongs to another AWS account: choose another name in spec.bucket.name"
    assert f"bucket {squatter.bucket} {words}" in ready.message, said(status)


@pytest.mark.parametrize("adopt", [False, True])
def test_a_bucket_name_that_another_account_has_taken_is_refused_whatever_its_tags(
    life: Life, squatter: Squatter, adopt: bool
) -> None:
    squatter.take(life.owner)
    life.create({"bucket": {"adopt": adopt}, "adopt": adopt, "deletionPolicy": "Delete"})
    life.world.wire.restart()
    says_so(life, squatter)
    assert life.world.wire.writes == []
    life.delete()
    life.end()
    assert squatter.keys() == []
    squatter.leave()


def test_a_bucket_that_another_account_takes_over_gets_no_data_and_loses_none(
    life: Life, squatter: Squatter
) -> None:
    life.create({"deletionPolicy": "Delete"})
    life.converge()
    ours = life.world.admin("s3")
    for each in ours.list_objects_v2(Bucket=squatter.bucket)["Contents"]:
        ours.delete_object(Bucket=squatter.bucket, Key=each["Key"])
    ours.delete_bucket(Bucket=squatter.bucket)
    squatter.take(life.owner)
    squatter.s3.put_object(Bucket=squatter.bucket, Key="csv_data/bait.csv", Body=b"a\n1\n")

    says_so(life, squatter)
    for role in ("glue", "notify"):
        s3 = as_role(life, role)
        with pytest.raises(ClientError, match="ListObjectsV2 operation: Access Denied"):
            s3.list_objects_v2(Bucket=squatter.bucket)
        with pytest.raises(ClientError, match="PutObject operation: Access Denied"):
            s3.put_object(Bucket=squatter.bucket, Key="dataflowxpress/notified/1", Body=b"1")
    assert squatter.keys() == ["csv_data/bait.csv"]

    life.delete()
    deletion = life.world.operator.delete("default", life.name)
    assert deletion
    assert not deletion.success
    assert squatter.keys() == ["csv_data/bait.csv"]
    squatter.leave()
    life.end()


def as_role(life: Life, role: str) -> Any:
    """Return an S3 client with the permissions of a role of the pipeline, which sends no owner."""
    arn = f"arn:aws:iam::{sandbox_aws.ACCOUNT}:role/default-{life.name}-{role}"
    given = life.world.admin("sts").assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"]
    aws = life.world.aws
    environment = aws.environment(given["AccessKeyId"], given["SecretAccessKey"])
    return aws.client("s3", environment | {"AWS_SESSION_TOKEN": given["SessionToken"]})
