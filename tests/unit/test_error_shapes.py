"""Error shapes: each error in AWS' models for the operator's calls has a class on purpose."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

import dataflowxpress
from dataflowxpress.aws import operator_policy, optional_policies
from dataflowxpress.aws.error_classes import ErrorClass, row_of
from dataflowxpress.aws.errors import classify
from dataflowxpress.aws.snapshot import TAGGING
from dataflowxpress.aws.tags import TAGGERS
from dataflowxpress.planning.resource import Resource

from .conftest import aws_error

CODE = Path(dataflowxpress.__file__).parent
SESSION = botocore.session.get_session()
NAMED_OTHERWISE = {"tag": TAGGING}  # the prefix of IAM actions where it is not the client's name
MADE_BY_BOTOCORE = {("sts", "AssumeRole")}
# Permissions that have the name of another operation than the one that needs them.
PERMISSIONS_ONLY = {
    "lambda:GetFunction",
    "s3:GetBucketNotification",
    "s3:PutBucketNotification",
    "s3:TagResource",
    "sqs:DeleteMessage",
}


def services() -> set[str]:
    return {"sts", TAGGING, *TAGGERS, *(kind.service for kind in Resource.kinds.values())} - {
        "memory"  # of the tests' own kinds
    }


def words() -> set[str]:
    """Return every attribute and string in the operator's code."""
    found = set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def names(service: str) -> list[str]:
    return list(SESSION.get_service_model(service).operation_names)


def operations() -> set[tuple[str, str]]:
    """Return each operation of the operator's services whose method the code names."""
    named = words()
    return MADE_BY_BOTOCORE | {
        (service, operation)
        for service in services()
        for operation in names(service)
        if xform_name(operation) in named
    }


def errors() -> Iterator[tuple[str, Any]]:
    for service, operation in sorted(operations()):
        model = SESSION.get_service_model(service).operation_model(operation)
        for shape in model.error_shapes:
            yield f"{service}:{operation}", shape


ERRORS = list(errors())
CODES = sorted({shape.error_code for _, shape in ERRORS})
FAULTS = sorted(
    {
        shape.error_code
        for _, shape in ERRORS
        if shape.metadata.get("fault")
        or shape.metadata.get("error", {}).get("httpStatusCode", 0) >= 500
    }
)


def test_the_operations_are_those_that_the_policy_allows() -> None:
    known = operations()
    policies = (
        *(operator_policy.document(), optional_policies.lists()),
        *(optional_policies.encryption(), optional_policies.network()),
        *(optional_policies.access_logs(), optional_policies.security_configuration()),
    )
    for statement in (each for policy in policies for each in policy["Statement"]):
        for action in statement["Action"]:
            prefix, _, operation = action.partition(":")
            service = NAMED_OTHERWISE.get(prefix, prefix)
            named = service in services() and operation in names(service)
            if named and action not in PERMISSIONS_ONLY:
                assert (service, operation) in known, action


@pytest.mark.parametrize("code", CODES)
def test_each_error_in_the_models_has_a_class_whatever_its_message(code: str) -> None:
    where = sorted(call for call, shape in ERRORS if code == shape.error_code)
    assert row_of(code, ""), f"{code} of {', '.join(where)} is not in error_classes.py"


@pytest.mark.parametrize("code", FAULTS)
def test_each_fault_of_the_server_is_transient(code: str) -> None:
    assert classify(aws_error(code)).is_transient


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
def test_an_error_with_an_unknown_code_is_transient_by_its_status(status: int) -> None:
    error = aws_error("SomethingNew", "a code of next year")
    error.response["ResponseMetadata"] = {"HTTPStatusCode": status}  # type: ignore[typeddict-item]
    assert classify(error) is ErrorClass.BUSY


def test_an_error_with_an_unknown_code_is_no_fault_of_the_server() -> None:
    error = aws_error("SomethingNew", "a code of next year")
    error.response["ResponseMetadata"] = {"HTTPStatusCode": 400}  # type: ignore[typeddict-item]
    assert classify(error) is ErrorClass.FAILED


def throttling_codes() -> Iterator[str]:
    """Yield the codes for which botocore's own retries slow down."""
    definitions = SESSION.get_component("data_loader").load_data("_retry")["definitions"]
    for rule in definitions.values():
        response = rule["applies_when"].get("response", {})
        if "throttl" in response.get("service_error_code", "").lower():
            yield response["service_error_code"]


@pytest.mark.parametrize("code", sorted({*throttling_codes(), "RequestThrottled", "KmsThrottled"}))
def test_each_throttling_error_of_botocore_is_transient(code: str) -> None:
    assert classify(aws_error(code)) is ErrorClass.BUSY
