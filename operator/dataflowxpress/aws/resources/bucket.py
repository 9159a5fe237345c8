"""S3 bucket: stores the data of a pipeline; private, encrypted, accessible over TLS only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.aws.tags import pairs
from dataflowxpress.planning.resource import Resource, State, Tags

from .emptying import empty_bucket
from .facets import FACETS
from .policy import policy, sid, tls_only

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
DEFAULTS = {"Ownership": "BucketOwnerEnforced", "Versioning": False}


@dataclass(frozen=True, kw_only=True)
class Bucket(Resource):
    """A bucket; an adopted one keeps its versioning and encryption unless the spec sets them."""

    service = "s3"
    arn_format = "arn:{partition}:s3:::{name}"
    calls = 5
    keeps_data = True
    critical = True
    adopt_by = "spec.bucket.adopt"

    versioning: bool = False
    kms_key_arn: str = ""

    def desired(self) -> State:
        want = {
            "Encryption": self._encryption(),
            "Ownership": "BucketOwnerEnforced",
            "Policy": policy([tls_only("s3:*", self.arn, f"{self.arn}/*")]),
            "PublicAccessBlock": dict.fromkeys(BLOCKS, True),
            "Versioning": self.versioning,
        }
        optional = {"Encryption": self.kms_key_arn, "Versioning": self.versioning}
        kept = {part for part, value in optional.items() if self.adopt and not value}
        return {part: value for part, value in want.items() if part not in kept}

    def _encryption(self) -> State:
        if not self.kms_key_arn:
            return {"SSEAlgorithm": "AES256"}
        key = self.kms_key_arn
        return {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key, "BucketKeyEnabled": True}

    @staticmethod
    def read(s3: Any, name: str) -> State:
        try:
            return {part: facet.read(s3, name) for part, facet in FACETS.items()}
        except ClientError as error:
            if error.response["Error"]["Code"] in {"AccessDenied", "403"}:
                error.add_note(_reason(name, error.response["Error"].get("Message", "")))
            raise

    def create(self, s3: Any, want: State, tags: Tags) -> None:
        region = self.scope.region
        location = {} if region == "us-east-1" else {"LocationConstraint": region}
        s3.create_bucket(
            Bucket=self.name,
            ObjectOwnership="BucketOwnerEnforced",
            CreateBucketConfiguration={**location, "Tags": pairs(tags)},
        )
        s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(want["Policy"]))
        changed = {part for part, value in want.items() if value != DEFAULTS.get(part)}
        self.update(s3, want, frozenset(changed - {"Policy"}))

    def update(self, s3: Any, want: State, changed: frozenset[str]) -> None:
        for part in sorted(changed):
            FACETS[part].write(s3, self.name, want[part])

    @staticmethod
    def empty(s3: Any, name: str) -> Iterator[str]:
        """Deny uploads first, because new objects would keep the bucket from becoming empty."""
        deny_uploads = {
            "Sid": sid("Deleting"),
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": f"arn:{s3.meta.partition}:s3:::{name}/*",
        }
        FACETS["Policy"].write(s3, name, policy([deny_uploads]))
        yield from empty_bucket(s3, name)

    @staticmethod
    def delete(s3: Any, name: str) -> None:
        s3.delete_bucket(Bucket=name)


def _reason(name: str, message: str) -> str:
    """Return why S3 denied a read, and the fix.

    S3 names the missing permission only if the caller and the bucket have the same account, or
    accounts of the same organization.
    """
    if "not authorized to perform" in message:
        return (
            f"attach the policy that `dataflowxpress iam policy` prints to read bucket {name};"
            " if another AWS account owns the bucket, choose another name in spec.bucket.name"
        )
    return f"bucket {name} belongs to another AWS account: choose another name in spec.bucket.name"
