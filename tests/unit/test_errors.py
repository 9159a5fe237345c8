"""Errors: what AWS's mean to us, and how they read."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from dataflowxpress.errors import (
    _TABLE,
    Blocked,
    InvalidSpec,
    Meaning,
    Overtaken,
    Refused,
    Superseded,
    Unfinished,
    entry_error,
    explain,
    meaning,
)

from .conftest import aws_error

ANSWERS = [
    ("NoSuchBucket", "", Meaning.MISSING),
    ("404", "Not Found", Meaning.MISSING),
    ("NoSuchEntity", "The role with name orders cannot be found.", Meaning.MISSING),
    ("EntityNotFoundException", "Crawler orders not found", Meaning.MISSING),
    ("AWS.SimpleQueueService.NonExistentQueue", "", Meaning.MISSING),
    ("NotFound", "Topic does not exist", Meaning.MISSING),
    (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
        Meaning.PROPAGATING,
    ),
    (
        "InvalidParameterValueException",
        "The function execution role does not have permissions to call ReceiveMessage on SQS",
        Meaning.PROPAGATING,
    ),
    (
        "InvalidParameterValueException",
        "Error occurred while ReceiveMessage. AWS.SimpleQueueService.NonExistentQueue",
        Meaning.PROPAGATING,
    ),
    ("InvalidParameterValueException", "Unsupported runtime", Meaning.FAILED),
    (
        "InvalidInputException",
        "Service is unable to assume provided role. Please verify role's TrustPolicy",
        Meaning.PROPAGATING,
    ),
    (
        "InvalidInputException",
        "Please verify the role's TrustPolicy",
        Meaning.PROPAGATING,
    ),
    (
        "InvalidInputException",
        "The role orders is not authorized to perform: s3:ListBucket",
        Meaning.PROPAGATING,
    ),
    ("InvalidInputException", "Cannot update Crawler while running", Meaning.WORKING),
    ("MalformedPolicyDocument", "Invalid principal in policy: ...", Meaning.PROPAGATING),
    (
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        Meaning.PROPAGATING,
    ),
    ("InvalidArgument", "Configuration is ambiguously defined.", Meaning.FAILED),
    ("CrawlerRunningException", "", Meaning.WORKING),
    ("CrawlerStoppingException", "", Meaning.BUSY),
    ("AWS.SimpleQueueService.QueueDeletedRecently", "You must wait 60 seconds", Meaning.BUSY),
    (
        "ResourceConflictException",
        "The operation cannot be performed at this time. An update is in progress for resource",
        Meaning.BUSY,
    ),
    (
        "ResourceConflictException",
        "The function is currently in the following state: Pending",
        Meaning.BUSY,
    ),
    (
        "ResourceInUseException",
        "Cannot delete the event source mapping because it is in use.",
        Meaning.BUSY,
    ),
    ("ResourceConflictException", "Function already exist: orders", Meaning.BUSY),
    ("BucketAlreadyOwnedByYou", "Your previous request succeeded", Meaning.BUSY),
    ("AlreadyExistsException", "Database already exists.", Meaning.BUSY),
    ("EntityAlreadyExists", "Role with name orders already exists.", Meaning.BUSY),
    ("ResourceAlreadyExistsException", "The specified log group already exists", Meaning.BUSY),
    ("OperationAborted", "A conflicting conditional operation is in progress", Meaning.BUSY),
    ("DeleteConflict", "Cannot delete entity, must delete policies first.", Meaning.BUSY),
    ("ThrottlingException", "Rate exceeded", Meaning.BUSY),
    ("SlowDown", "Please reduce your request rate.", Meaning.BUSY),
    ("InternalError", "We encountered an internal error.", Meaning.BUSY),
    ("503", "", Meaning.BUSY),
    ("ExpiredTokenException", "", Meaning.UNAUTHENTICATED),
    ("InvalidClientTokenId", "", Meaning.UNAUTHENTICATED),
    ("AccessDenied", "", Meaning.DENIED),
    ("403", "Forbidden", Meaning.DENIED),
    ("BucketAlreadyExists", "The requested bucket name is not available.", Meaning.REFUSED),
    (
        "ValidationException",
        "Provided role 'orders' cannot be assumed by principal 'events.amazonaws.com'.",
        Meaning.PROPAGATING,
    ),
    ("ValidationException", "1 validation error detected", Meaning.FAILED),
]
OTHERS = [
    (NoCredentialsError(), Meaning.UNAUTHENTICATED),
    (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), Meaning.UNREACHABLE),
    (ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), Meaning.UNREACHABLE),
    (ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), Meaning.UNREACHABLE),
    (Refused("is not ours"), Meaning.REFUSED),
    (Blocked("waits for another"), Meaning.BLOCKED),
    (Overtaken("somebody was faster"), Meaning.BUSY),
    (Unfinished("waits for a crawl"), Meaning.WORKING),
    (Superseded("the spec has changed"), Meaning.WORKING),
    (ParamValidationError(report="no"), Meaning.FAILED),
    (KeyError("no"), Meaning.FAILED),
]


@pytest.mark.parametrize(("code", "message", "expected"), ANSWERS)
def test_an_answer_means(code: str, message: str, expected: Meaning) -> None:
    assert meaning(aws_error(code, message)) is expected


@pytest.mark.parametrize("words", sorted({row.words for row in _TABLE if row.words}))
def test_each_wording_with_a_meaning_of_its_own_is_among_the_answers(words: str) -> None:
    for alternative in words.split("|"):
        said = [
            message for _, message, _ in ANSWERS if re.search(alternative, message, re.IGNORECASE)
        ]
        assert said, alternative


@pytest.mark.parametrize(("error", "expected"), OTHERS, ids=lambda each: type(each).__name__)
def test_an_exception_means(error: Exception, expected: Meaning) -> None:
    assert meaning(error) is expected


def test_only_what_time_heals_is_tried_again() -> None:
    assert {each for each in Meaning if each.heals_soon} == {Meaning.PROPAGATING, Meaning.BUSY}


def test_an_explanation_is_call_code_and_message() -> None:
    assert explain(aws_error("AccessDenied", "Access Denied")) == "Do: AccessDenied: Access Denied"


def test_an_explanation_ends_with_what_we_know_more() -> None:
    error = aws_error("403", "Forbidden")
    error.add_note("bucket orders belongs to another account")
    assert explain(error) == "Do: 403: Forbidden; bucket orders belongs to another account"


def test_an_invalid_spec_names_the_field() -> None:
    assert explain(InvalidSpec("source.prefix", "ends with a slash")) == (
        "source.prefix: ends with a slash"
    )


def test_a_bug_of_ours_is_named_by_its_type() -> None:
    assert explain(KeyError("UUID")) == "KeyError: 'UUID'"


def test_a_failed_entry_of_a_batch_is_an_error_like_any_other() -> None:
    error = entry_error("PutTargets", "ThrottlingException", "target: Rate exceeded")
    assert meaning(error) is Meaning.BUSY
    assert explain(error) == "PutTargets: ThrottlingException: target: Rate exceeded"
