"""Errors: classify AWS errors and describe them for conditions and messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from dataflowxpress.api.errors import (
    InvalidSpec,
    Missing,
    NotVisible,
    Overtaken,
    PipelineError,
    Refused,
    Superseded,
    Unfinished,
)
from dataflowxpress.api.problem import Problem
from dataflowxpress.api.reasons import Reason


class ErrorClass(Enum):
    """The class of an error; the value is the reason that conditions give."""

    MISSING = Reason.MISSING
    PROPAGATING = Reason.PROPAGATING  # eventual consistency: bounded, quick retries
    BUSY = Reason.BUSY  # throttled, or another change is in progress: retried the same way
    WORKING = Reason.RESOURCE_IN_USE  # for minutes: retried at the next reconciliation
    DENIED = Reason.ACCESS_DENIED
    UNAUTHENTICATED = Reason.CREDENTIALS_REJECTED
    UNREACHABLE = Reason.AWS_UNREACHABLE
    INVALID = Reason.INVALID_SPEC
    REFUSED = Reason.REFUSED
    FAILED = Reason.APPLY_FAILED

    @property
    def is_transient(self) -> bool:
        """Whether to retry within the reconciliation rather than at the next one."""
        return self in {ErrorClass.PROPAGATING, ErrorClass.BUSY}


THROTTLED = "(Throttl|TooManyRequests|RequestLimit|SlowDown|ServiceUnavail).*"


_NEEDS_PERSON = {
    ErrorClass.REFUSED,
    ErrorClass.DENIED,
    ErrorClass.UNAUTHENTICATED,
    ErrorClass.INVALID,
}


class _Row(NamedTuple):
    code: str  # a pattern for the whole error code
    text: str  # a pattern to search in the message
    error_class: ErrorClass


_TABLE = [
    _Row("404|NotFound(Exception)?|NoSuch(Bucket|Entity|Key)", "", ErrorClass.MISSING),
    _Row("(ResourceNotFound|EntityNotFound)(Exception)?", "", ErrorClass.MISSING),
    _Row("(AWS.SimpleQueueService.NonExistentQueue|QueueDoesNotExist)", "", ErrorClass.MISSING),
    # New roles, policies, queues and queue policies are eventually consistent.
    _Row(
        "InvalidParameterValue(Exception)?",
        "cannot be assumed by Lambda|does not have permissions|NonExistentQueue",
        ErrorClass.PROPAGATING,
    ),
    _Row(
        "InvalidInputException",
        "unable to assume provided role|verify (the )?role's TrustPolicy|is not authorized",
        ErrorClass.PROPAGATING,
    ),
    _Row("ValidationException", "cannot be assumed", ErrorClass.PROPAGATING),
    _Row("MalformedPolicyDocument(Exception)?", "Invalid principal", ErrorClass.PROPAGATING),
    _Row(
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        ErrorClass.PROPAGATING,
    ),
    _Row("AWS.SimpleQueueService.QueueDeletedRecently|QueueDeletedRecently", "", ErrorClass.BUSY),
    _Row("CrawlerStoppingException", "", ErrorClass.BUSY),
    _Row("CrawlerRunningException|ConcurrentRunsExceededException", "", ErrorClass.WORKING),
    _Row("InvalidInputException", "Cannot update Crawler while running", ErrorClass.WORKING),
    _Row(
        "ResourceConflictException|ResourceInUseException",
        "progress|Pending|in use|already exist",  # "already exist": its deletion is in progress
        ErrorClass.BUSY,
    ),
    _Row("BucketAlreadyExists", "", ErrorClass.REFUSED),
    # Created since the last comparison: the next comparison finds its owner.
    _Row(
        "BucketAlreadyOwnedByYou|(Entity|Resource)?AlreadyExists(Exception)?", "", ErrorClass.BUSY
    ),
    _Row("QueueAlreadyExists|QueueNameExists", "", ErrorClass.BUSY),
    _Row("OperationAborted|Concurrent(Modification|Access)(Exception)?", "", ErrorClass.BUSY),
    _Row("BucketNotEmpty", "", ErrorClass.BUSY),  # uploads that began before writes were denied
    _Row("DeleteConflict(Exception)?", "", ErrorClass.BUSY),
    _Row(THROTTLED, "", ErrorClass.BUSY),
    _Row("Internal(Error|Failure|ServerError|ServiceError)?(Exception)?|5..", "", ErrorClass.BUSY),
    _Row(
        "InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|ExpiredToken.*"
        "|SignatureDoesNotMatch|AuthFailure|IncompleteSignature|MissingAuthenticationToken",
        "",
        ErrorClass.UNAUTHENTICATED,
    ),
    _Row("AccessDenied(Exception)?|AuthorizationError|Unauthorized.*|403", "", ErrorClass.DENIED),
]


_OTHERS: list[tuple[type[Exception], ErrorClass]] = [
    (NoCredentialsError, ErrorClass.UNAUTHENTICATED),
    (PartialCredentialsError, ErrorClass.UNAUTHENTICATED),
    (TokenRetrievalError, ErrorClass.UNAUTHENTICATED),
    (HTTPClientError, ErrorClass.UNREACHABLE),
    (BotoConnectionError, ErrorClass.UNREACHABLE),
    (InvalidSpec, ErrorClass.INVALID),
    (Refused, ErrorClass.REFUSED),
    (Missing, ErrorClass.MISSING),
    (Unfinished, ErrorClass.WORKING),
    (NotVisible, ErrorClass.PROPAGATING),
    (Overtaken, ErrorClass.BUSY),
    (Superseded, ErrorClass.WORKING),
]


def classify(error: Exception) -> ErrorClass:
    """Return the class of *error*."""
    if isinstance(error, ClientError):
        return _of_response(error)
    return next((found for kind, found in _OTHERS if isinstance(error, kind)), ErrorClass.FAILED)


def _of_response(error: ClientError) -> ErrorClass:
    details = error.response["Error"]
    code, message = details.get("Code", ""), details.get("Message", "")
    for row in _TABLE:
        if re.fullmatch(row.code, code) and re.search(row.text, message, re.IGNORECASE):
            return row.error_class
    return ErrorClass.FAILED


def problem(error: Exception) -> Problem:
    """Return *error* as conditions and messages report it."""
    found = classify(error)
    return Problem(found.value, describe(error), needs_person=found in _NEEDS_PERSON)


def is_throttling(code: str) -> bool:
    """Return whether *code* reports that a request rate is too high."""
    return re.fullmatch(THROTTLED, code) is not None


def describe(error: Exception) -> str:
    """Return *error* and its notes in one line, without request ids."""
    return "; ".join([_text(error), *getattr(error, "__notes__", ())])


def _text(error: Exception) -> str:
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return f"{error.operation_name}: {details.get('Code')}: {details.get('Message')}"
    if isinstance(error, BotoCoreError | PipelineError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def client_error(operation: str, code: str, message: str) -> ClientError:
    """Return an error as boto3 raises it for a failed *operation*."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


# The fields of a response that list failures, and the fields of an entry that identify it.
_FAILED_ENTRIES = ("Errors", "Failed", "FailedEntries")  # S3 and Glue, SQS, EventBridge
_ENTRY_NAMES = ("Key", "JobRunId", "TargetId", "Id")


def raise_failed_entries(operation: str, response: Mapping[str, Any]) -> None:
    """Raise the error of the first failed entry in the *response* of a batch operation.

    Batch operations report failed entries with HTTP 200, so boto3 raises nothing.
    """
    for entry in (entry for field in _FAILED_ENTRIES for entry in response.get(field, ())):
        details = {**entry, **entry.get("ErrorDetail", {})}
        code = details.get("ErrorCode") or details.get("Code") or "UnknownError"
        message = details.get("ErrorMessage") or details.get("Message") or ""
        name = next((str(entry[key]) for key in _ENTRY_NAMES if key in entry), "entry")
        raise client_error(operation, code, f"{name}: {message}")
