"""Facets: the configurations of a bucket, each with its own pair of S3 calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from dataflowxpress.planning.resource import State

from .policy import merge, owned

_NEVER_SET = {
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}


class Facet(NamedTuple):
    """One configuration of a bucket: functions that read and write it in a flat form."""

    read: Callable[[Any, str], Any]
    write: Callable[[Any, str, Any], Any]


def _get(call: Callable[..., State], name: str) -> State:
    try:
        return call(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NEVER_SET:
            return {}
        raise


def _read_encryption(s3: Any, name: str) -> State:
    answer = _get(s3.get_bucket_encryption, name)
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    rule: State = next(iter(rules), {})
    how: State = rule.get("ApplyServerSideEncryptionByDefault", {})
    return {**how, "BucketKeyEnabled": rule.get("BucketKeyEnabled", False)}


def _write_encryption(s3: Any, name: str, want: State) -> None:
    how = {key: value for key, value in want.items() if key != "BucketKeyEnabled"}
    rule = {
        "ApplyServerSideEncryptionByDefault": how,
        "BucketKeyEnabled": want.get("BucketKeyEnabled", False),
    }
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _read_ownership(s3: Any, name: str) -> str:
    answer = _get(s3.get_bucket_ownership_controls, name)
    rules = answer.get("OwnershipControls", {}).get("Rules", [])
    return str(rules[0]["ObjectOwnership"]) if rules else ""


def _write_ownership(s3: Any, name: str, want: str) -> None:
    controls = {"Rules": [{"ObjectOwnership": want}]}
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=controls)


def _policy(s3: Any, name: str) -> str:
    return str(_get(s3.get_bucket_policy, name).get("Policy", "{}"))


def _read_policy(s3: Any, name: str) -> State:
    return owned(_policy(s3, name))


def _write_policy(s3: Any, name: str, want: State) -> None:
    document = merge(want, _policy(s3, name))
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(document))


def _read_blocks(s3: Any, name: str) -> State:
    answer = _get(s3.get_public_access_block, name)
    blocks: State = answer.get("PublicAccessBlockConfiguration", {})
    return blocks


def _write_blocks(s3: Any, name: str, want: State) -> None:
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict(want))


def _read_versioning(s3: Any, name: str) -> bool:
    return bool(s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled")


def _write_versioning(s3: Any, name: str, want: bool) -> None:  # noqa: FBT001 - as all of them
    status = "Enabled" if want else "Suspended"
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})


FACETS = {
    "Encryption": Facet(_read_encryption, _write_encryption),
    "Ownership": Facet(_read_ownership, _write_ownership),
    "Policy": Facet(_read_policy, _write_policy),
    "PublicAccessBlock": Facet(_read_blocks, _write_blocks),
    "Versioning": Facet(_read_versioning, _write_versioning),
}
