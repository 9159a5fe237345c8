"""Errors: their classes and their descriptions."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from dataflowxpress.api.errors import (
    InvalidSpec,
    Overtaken,
    Refused,
    Superseded,
    Unfinished,
)
from dataflowxpress.aws.error_classes import ROWS, ErrorClass
from dataflowxpress.aws.errors import classify, describe, raise_failed_entries

from .conftest import aws_error

ANSWERS = [
    ("NoSuchBucket", "", ErrorClass.MISSING),
    ("404", "Not Found", ErrorClass.MISSING),
    ("NoSuchEntity", "The role with name orders cannot be found.", ErrorClass.MISSING),
    ("EntityNotFoundException", "Crawler orders not found", ErrorClass.MISSING),
    ("AWS.SimpleQueueService.NonExistentQueue", "", ErrorClass.MISSING),
    ("NotFound", "Topic does not exist", ErrorClass.MISSING),
    (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidParameterValueException",
        "The function execution role does not have permissions to call ReceiveMessage on SQS",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidParameterValueException",
        "Error occurred while ReceiveMessage. AWS.SimpleQueueService.NonExistentQueue",
        ErrorClass.PROPAGATING,
    ),
    ("InvalidParameterValueException", "Unsupported runtime", ErrorClass.FAILED),
    (
        "InvalidParameterValueException",
        "KMS key is invalid for CreateGrant. KMS Message: ARN does not refer to a valid principal",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidParameterValue",
        "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidInputException",
        "The security token included in the request is invalid (Service: AmazonDataCatalog)",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidInputException",
        "Unable to validate existence of s3 target s3://orders/csv_data/ because: Access Denied",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidInputException",
        "Unable to validate existence of s3 target s3://orders/csv_data/ because: no such bucket",
        ErrorClass.FAILED,
    ),
    ("InvalidInputException", "Invalid principal, arn:aws:iam::1:role/x", ErrorClass.PROPAGATING),
    (
        "AccessDeniedException",
        "Insufficient Lake Formation permission(s): Required Create Table on orders",
        ErrorClass.DENIED,
    ),
    (
        "InvalidInputException",
        "Insufficient Lake Formation permission(s) on orders",
        ErrorClass.DENIED,
    ),
    ("ServiceException", "", ErrorClass.BUSY),
    ("ServiceFailure", "", ErrorClass.BUSY),
    ("OperationAbortedException", "", ErrorClass.BUSY),
    ("NoSuchUpload", "The specified upload does not exist", ErrorClass.BUSY),
    (
        "InvalidInputException",
        "Service is unable to assume provided role. Please verify role's TrustPolicy",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidInputException",
        "Please verify the role's TrustPolicy",
        ErrorClass.PROPAGATING,
    ),
    (
        "InvalidInputException",
        "The role orders is not authorized to perform: s3:ListBucket",
        ErrorClass.PROPAGATING,
    ),
    ("InvalidInputException", "Cannot update Crawler while running", ErrorClass.WORKING),
    ("MalformedPolicyDocument", "Invalid principal in policy: ...", ErrorClass.PROPAGATING),
    (
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        ErrorClass.PROPAGATING,
    ),
    ("InvalidArgument", "Configuration is ambiguously defined.", ErrorClass.FAILED),
    ("CrawlerRunningException", "", ErrorClass.WORKING),
    ("CrawlerStoppingException", "", ErrorClass.BUSY),
    ("AWS.SimpleQueueService.QueueDeletedRecently", "You must wait 60 seconds", ErrorClass.BUSY),
    (
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource",
        ErrorClass.BUSY,
    ),
    (
        "ResourceConflictException",
        "The function is currently in the following state: Pending",
        ErrorClass.BUSY,
    ),
    (
        "ResourceInUseException",
        "Cannot delete the event source mapping because it is in use.",
        ErrorClass.BUSY,
    ),
    ("ResourceConflictException", "Function already exist: orders", ErrorClass.BUSY),
    ("BucketAlreadyOwnedByYou", "Your previous request succeeded", ErrorClass.BUSY),
    ("AlreadyExistsException", "Database already exists.", ErrorClass.BUSY),
    ("EntityAlreadyExists", "Role with name orders already exists.", ErrorClass.BUSY),
    ("ResourceAlreadyExistsException", "The specified log group already exists", ErrorClass.BUSY),
    ("OperationAborted", "A conflicting conditional operation is in progress", ErrorClass.BUSY),
    ("DeleteConflict", "Cannot delete entity, must delete policies first.", ErrorClass.BUSY),
    ("ThrottlingException", "Rate exceeded", ErrorClass.BUSY),
    ("SlowDown", "Please reduce your request rate.", ErrorClass.BUSY),
    ("InternalError", "We encountered an internal error.", ErrorClass.BUSY),
    ("503", "", ErrorClass.BUSY),
    ("ExpiredTokenException", "", ErrorClass.UNAUTHENTICATED),
    ("InvalidClientTokenId", "", ErrorClass.UNAUTHENTICATED),
    ("AccessDenied", "", ErrorClass.DENIED),
    ("403", "Forbidden", ErrorClass.DENIED),
    ("BucketAlreadyExists", "The requested bucket name is not available.", ErrorClass.REFUSED),
    (
        "ValidationException",
        "Provided role 'orders' cannot be assumed by principal 'events.amazonaws.com'.",
        ErrorClass.PROPAGATING,
    ),
    (
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ErrorClass.PROPAGATING,
    ),
    ("ValidationException", "1 validation error detected", ErrorClass.FAILED),
    ("ValidationException", "Provided timezone Europe/Bonn is not valid.", ErrorClass.FAILED),
]
OTHERS = [
    (NoCredentialsError(), ErrorClass.UNAUTHENTICATED),
    (CredentialRetrievalError(provider="x", error_msg="no answer"), ErrorClass.UNAUTHENTICATED),
    (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), ErrorClass.UNREACHABLE),
    (ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), ErrorClass.UNREACHABLE),
    (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), ErrorClass.UNREACHABLE),
    (Refused("is not ours"), ErrorClass.REFUSED),
    (Overtaken("somebody was faster"), ErrorClass.BUSY),
    (Unfinished("waits for a crawl"), ErrorClass.WORKING),
    (Superseded("the spec has changed"), ErrorClass.WORKING),
    (ParamValidationError(report="no"), ErrorClass.FAILED),
    (KeyError("no"), ErrorClass.FAILED),
]


@pytest.mark.parametrize(("code", "message", "expected"), ANSWERS)
def test_an_answer_means(code: str, message: str, expected: ErrorClass) -> None:
    assert classify(aws_error(code, message)) is expected


@pytest.mark.parametrize("text", sorted({row.text for row in ROWS if row.text}))
def test_each_wording_with_a_meaning_of_its_own_is_among_the_answers(text: str) -> None:
    for alternative in text.split("|"):
        matching = [
            message for _, message, _ in ANSWERS if re.search(alternative, message, re.IGNORECASE)
        ]
        assert matching, alternative


@pytest.mark.parametrize(("error", "expected"), OTHERS, ids=lambda each: type(each).__name__)
def test_an_exception_means(error: Exception, expected: ErrorClass) -> None:
    assert classify(error) is expected


def test_only_what_time_heals_is_tried_again() -> None:
    assert {each for each in ErrorClass if each.is_transient} == {
        ErrorClass.PROPAGATING,
        ErrorClass.BUSY,
    }


def test_an_explanation_is_call_code_and_message() -> None:
    assert describe(aws_error("AccessDenied", "Access Denied")) == "Do: AccessDenied: Access Denied"


def test_an_explanation_ends_with_what_we_know_more() -> None:
    error = aws_error("403", "Forbidden")
    error.add_note("bucket orders belongs to another account")
    assert describe(error) == "Do: 403: Forbidden; bucket orders belongs to another account"


@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidInputException"])
def test_an_account_under_lake_formation_is_told_with_the_field_that_helps(code: str) -> None:
    error = aws_error(code, "Insufficient Lake Formation permission(s): Required Describe on x")
    assert "set spec.catalog.lakeFormation" in describe(error)


def test_an_invalid_spec_names_the_field() -> None:
    mistakes = ("spec.source.prefix: missing; add it", "spec.tags: missing; add it")
    assert describe(InvalidSpec(*mistakes)) == "; ".join(mistakes)


def test_a_bug_of_ours_is_named_by_its_type() -> None:
    assert describe(KeyError("UUID")) == "KeyError: 'UUID'"


SLOW = {"Code": "ThrottlingException", "Message": "Rate exceeded"}
SLOW_GLUE = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
FAILED_ENTRIES = [
    ("PutTargets", "FailedEntries", {"TargetId": "target", **SLOW_GLUE}, "target"),
    ("RemoveTargets", "FailedEntries", {"TargetId": "target", **SLOW_GLUE}, "target"),
    ("SendMessageBatch", "Failed", {"Id": "0", "SenderFault": False, **SLOW}, "0"),
    ("DeleteMessageBatch", "Failed", {"Id": "3", "SenderFault": False, **SLOW}, "3"),
    ("DeleteObjects", "Errors", {"Key": "in/a.csv", **SLOW}, "in/a.csv"),
    ("BatchStopJobRun", "Errors", {"JobRunId": "jr_1", "ErrorDetail": SLOW_GLUE}, "jr_1"),
]


@pytest.mark.parametrize(("operation", "field", "entry", "name"), FAILED_ENTRIES)
def test_a_failed_entry_of_a_batch_is_an_error_like_any_other(
    operation: str, field: str, entry: dict[str, object], name: str
) -> None:
    with pytest.raises(ClientError) as failed:
        raise_failed_entries(operation, {field: [entry]})
    assert classify(failed.value) is ErrorClass.BUSY
    assert describe(failed.value) == f"{operation}: ThrottlingException: {name}: Rate exceeded"


def test_a_batch_without_failed_entries_raises_nothing() -> None:
    raise_failed_entries("PutTargets", {"FailedEntryCount": 0, "FailedEntries": []})
    raise_failed_entries("DeleteObjects", {"Deleted": [{"Key": "in/a.csv"}]})
