"""Bucket owner: S3 compares the owner of a bucket with the account that a call expects.

Names of buckets are global, and the owner of a name can admit every caller. S3 refuses a call whose
expected owner is wrong, and does not say why:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_evaluator
from ministack.services import s3

_EXPECTED, _EXPECTED_SOURCE = "x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"
_ACCOUNT_KEYS = {"aws:resourceaccount", "s3:resourceaccount"}
_ARN = "arn:aws:s3:::"


def install() -> None:
    """Check the expected owners of each call, and know the owner of a bucket in policies."""
    original_scope, original_key = s3._apply_bucket_scope, iam_evaluator._resolve_condition_key

    def scope(
        method: str, bucket: str, key: str, headers: Mapping[str, str], *more: Any, **options: Any
    ) -> Any:
        for name, expected in _expectations(bucket, headers):
            if error := _error(name, expected):
                return error
        return original_scope(method, bucket, key, headers, *more, **options)

    def resolve(key: str, context: Any) -> Any:
        arn = context.resource_arn
        if key.lower() in _ACCOUNT_KEYS and arn.startswith(_ARN):
            # A name without a bucket has no account; a policy that requires one denies the call.
            return s3._bucket_owner_account(arn.removeprefix(_ARN).partition("/")[0])
        return original_key(key, context)

    s3._apply_bucket_scope = scope
    iam_evaluator._resolve_condition_key = resolve


def is_foreign(resource: str, account: str) -> bool:
    """Return whether another account owns the bucket of an ARN."""
    bucket = resource.removeprefix(_ARN).partition("/")[0]
    return resource.startswith(_ARN) and s3._bucket_owner_account(bucket) not in {None, account}


def _expectations(bucket: str, headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each bucket of a call with its expected owner."""
    if expected := headers.get(_EXPECTED):
        yield bucket, expected
    if expected := headers.get(_EXPECTED_SOURCE):
        source = unquote(headers.get("x-amz-copy-source", ""))
        yield source.lstrip("/").partition("/")[0], expected


def _error(bucket: str, expected: str) -> Any:
    """Return the error of a wrong expectation, or None; an absent bucket has no owner."""
    if not re.fullmatch(r"\d{12}", expected):
        text = "The value of the expected bucket owner parameter must be an AWS account ID"
        return s3._error("InvalidBucketOwnerAWSAccountID", text, 400, f"/{bucket}")
    if s3._bucket_owner_account(bucket) in {None, expected}:
        return None
    return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}")
