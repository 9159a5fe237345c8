"""Encryption: queues, topics and log groups with a customer-managed key, like on AWS.

A service delivers to an encrypted queue or topic only if the policy of the key admits it. S3
rejects the notification; EventBridge and CloudWatch drop what they send. A log group gets a key
only if the key admits CloudWatch Logs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)
from ministack.services import cloudwatch_logs, kms, sns, sqs

KEY = "KmsMasterKeyId"  # the attribute of queues and topics
_MANAGED = "SqsManagedSseEnabled"
_USES = ("kms:Decrypt", "kms:GenerateDataKey")
_BOTH = (
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS"
    " SSE or SQS SSE."
)

Admits = Callable[[str, str, str, str], bool]
Handler = Callable[[dict[str, Any]], Any]


def install() -> None:
    """Check the policies of keys in this process."""
    sqs.queue_policy_allows = _if_key_admits(sqs.queue_policy_allows)
    sns.topic_policy_allows = _if_key_admits(sns.topic_policy_allows)
    for operation in ("CreateQueue", "SetQueueAttributes"):
        sqs._HANDLERS[operation] = _with_one_encryption(sqs._HANDLERS[operation])
    _encrypt_log_groups()


def key_of(arn: str) -> str:
    """Return the customer-managed key of a queue or topic; empty if there is none."""
    service = arn.split(":")[2] if arn.startswith("arn:") else ""
    find = {"sqs": sqs._queue_by_arn, "sns": sns._topic_by_arn_any_scope}.get(service)
    found = (find(arn) if find else None) or {}
    return str(found.get("attributes", {}).get(KEY) or "")


def _if_key_admits(original: Admits) -> Admits:
    def allows(target: str, service: str, source: str, account: str) -> bool:
        context = {"aws:sourcearn": source, "aws:sourceaccount": account}
        key = key_of(target)
        admitted = not key or _admits(key, service, context)
        return admitted and original(target, service, source, account)

    return allows


def _admits(key: str, service: str, context: Mapping[str, str]) -> bool:
    """Return whether the policy of a key allows a service to use it."""
    policy = kms.key_policy_for_arn(key)
    return policy is not None and all(
        evaluate_resource_policy(
            policy[0],
            EvalContext(
                principal_arn="*",
                principal_type="Service",
                principal_account="",
                action=action,
                resource_arn=key,
                region=get_region(),
                service_context=dict(context),
            ),
            service=service,
        ).decision
        == "Allow"
        for action in _USES
    )


def _with_one_encryption(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a handler after which a queue has a key of SQS, or one of the customer."""

    def handle(data: dict[str, Any], url: str) -> Any:
        given = data.get("Attributes") or {}
        if given.get(KEY) and given.get(_MANAGED) == "true":
            raise sqs._Err("InvalidAttributeValue", _BOTH, 400)
        response = original(data, url)
        attributes = sqs._get_q(data.get("QueueUrl") or response["QueueUrl"])["attributes"]
        if given.get(KEY):
            attributes[_MANAGED] = "false"
        elif given.get(_MANAGED) == "true" or KEY in given:
            attributes.pop(KEY, None)
        return response

    return handle


def _encrypt_log_groups() -> None:
    original_create, original_handle = (
        cloudwatch_logs._create_log_group,
        cloudwatch_logs.handle_request,
    )
    added = {"AssociateKmsKey": _checked(_associate), "DisassociateKmsKey": _disassociate}

    async def handle(method: str, path: str, headers: Any, body: bytes, *more: Any) -> Any:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in added:
            return added[operation](json.loads(body))
        return await original_handle(method, path, headers, body, *more)

    cloudwatch_logs._create_log_group = _checked(original_create)
    cloudwatch_logs.handle_request = handle


def _checked(original: Handler) -> Handler:
    """Return a handler that rejects a key which CloudWatch Logs cannot use."""

    def handle(data: dict[str, Any]) -> Any:
        key = data.get("kmsKeyId")
        group = f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{data['logGroupName']}"
        context = {"kms:encryptioncontext:aws:logs:arn": group}
        if key and not _admits(key, f"logs.{get_region()}.amazonaws.com", context):
            text = "The specified KMS key does not exist or is not allowed to be used with Arn"
            return error_response_json("InvalidParameterException", f"{text} '{group}'", 400)
        return original(data)

    return handle


def _associate(data: dict[str, Any]) -> Any:
    return _set_key(data, data["kmsKeyId"])


def _disassociate(data: dict[str, Any]) -> Any:
    return _set_key(data, None)


def _set_key(data: dict[str, Any], key: str | None) -> Any:
    group = cloudwatch_logs._log_groups.get(data["logGroupName"])
    if group is None:
        text = "The specified log group does not exist."
        return error_response_json("ResourceNotFoundException", text, 400)
    group["kmsKeyId"] = key
    return json_response({})
