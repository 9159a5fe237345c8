"""Deleted role: policies that name a role keep its unique id, not its name, when it is deleted.

AWS stores the id of the principal, and shows its ARN while it exists. A new role of the same name
has another id, so the policies do not apply to it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from ministack.services import iam, kms, s3, sns, sqs


def install() -> None:
    """Replace the ARN of a deleted role by its id in all policies with principals."""
    original = iam._IAM_HANDLERS["DeleteRole"]

    def delete(parameters: Any) -> Any:
        role = iam._roles.get(iam._p(parameters, "RoleName"))
        response = original(parameters)
        if role and role["RoleName"] not in iam._roles:
            _replace_in_all(json.dumps(role["Arn"]), json.dumps(role["RoleId"]))
        return response

    iam._IAM_HANDLERS["DeleteRole"] = delete


def _replace_in_all(arn: str, identity: str) -> None:
    for holder, key in _policies():
        document = holder.get(key)
        text = document if isinstance(document, str) else json.dumps(document)
        if document and arn in text:
            replaced = text.replace(arn, identity)
            holder[key] = replaced if isinstance(document, str) else json.loads(replaced)


def _policies() -> Iterator[tuple[MutableMapping[str, Any], str]]:
    """Yield the holder of each policy, and the policy's key in it."""
    for role in iam._roles.values():
        yield role, "AssumeRolePolicyDocument"
    for holder in (*_in_all_regions(sqs._queues), *_in_all_regions(sns._topics)):
        yield holder["attributes"], "Policy"
    for key in _in_all_regions(kms._keys):
        yield key, "Policy"
    for bucket in list(s3._bucket_policies):
        yield s3._bucket_policies, bucket


def _in_all_regions(store: Any) -> list[MutableMapping[str, Any]]:
    """Return the records of all regions; IAM itself is called in one of them only."""
    return list(store._data.values())
