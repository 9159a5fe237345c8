"""Errors: what AWS's errors mean to the operator."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

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
    PROPAGATING = Reason.PROPAGATING  # AWS needs a little time: bounded, quick retries
    BUSY = Reason.BUSY  # throttled, or in the middle of something: retried the same way
    WORKING = Reason.RESOURCE_IN_USE  # a crawl or a run takes minutes: looked at again later
    DENIED = Reason.ACCESS_DENIED
    UNAUTHENTICATED = Reason.CREDENTIALS_REJECTED
    UNREACHABLE = Reason.AWS_UNREACHABLE
    INVALID = Reason.INVALID_SPEC
    REFUSED = Reason.REFUSED
    FAILED = Reason.APPLY_FAILED

    @property
    def is_transient(self) -> bool:
        """Whether to try again at once rather than at the next reconciliation."""
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
    words: str  # a pattern to be found in the message
    error_class: ErrorClass


_TABLE = [
    _Row("404|NotFound(Exception)?|NoSuch(Bucket|Entity|Key)", "", ErrorClass.MISSING),
    _Row("(ResourceNotFound|EntityNotFound)(Exception)?", "", ErrorClass.MISSING),
    _Row("(AWS.SimpleQueueService.NonExistentQueue|QueueDoesNotExist)", "", ErrorClass.MISSING),
    # A new role, policy, queue or queue policy is visible everywhere only after a while.
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
        "progress|Pending|in use|already exist",  # ... because it is still going away
        ErrorClass.BUSY,
    ),
    _Row("BucketAlreadyExists", "", ErrorClass.REFUSED),
    # Somebody made it since we looked: the next look says whose it is.
    _Row(
        "BucketAlreadyOwnedByYou|(Entity|Resource)?AlreadyExists(Exception)?", "", ErrorClass.BUSY
    ),
    _Row("QueueAlreadyExists|QueueNameExists", "", ErrorClass.BUSY),
    _Row("OperationAborted|Concurrent(Modification|Access)(Exception)?", "", ErrorClass.BUSY),
    _Row("BucketNotEmpty", "", ErrorClass.BUSY),  # what was on its way when it was shut
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
    (Overtaken, ErrorClass.BUSY),
    (Superseded, ErrorClass.WORKING),
]


def classify(error: Exception) -> ErrorClass:
    """Return the class of *error*."""
    if isinstance(error, ClientError):
        return _of_answer(error)
    return next((found for kind, found in _OTHERS if isinstance(error, kind)), ErrorClass.FAILED)


def _of_answer(error: ClientError) -> ErrorClass:
    said = error.response["Error"]
    code, message = said.get("Code", ""), said.get("Message", "")
    for row in _TABLE:
        if re.fullmatch(row.code, code) and re.search(row.words, message, re.IGNORECASE):
            return row.error_class
    return ErrorClass.FAILED


def problem(error: Exception) -> Problem:
    """Return *error* as conditions and messages report it."""
    found = classify(error)
    return Problem(found.value, describe(error), needs_person=found in _NEEDS_PERSON)


def throttled(code: str) -> bool:
    """Say whether AWS refuses with *code* what comes too fast."""
    return re.fullmatch(THROTTLED, code) is not None


def describe(error: Exception) -> str:
    """Return *error*, and notes added to it, in one line for a person: without request ids."""
    return "; ".join([_words(error), *getattr(error, "__notes__", ())])


def _words(error: Exception) -> str:
    if isinstance(error, ClientError):
        said = error.response["Error"]
        return f"{error.operation_name}: {said.get('Code')}: {said.get('Message')}"
    if isinstance(error, BotoCoreError | PipelineError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def entry_error(operation: str, code: str, message: str) -> ClientError:
    """Return the error of one entry of a batch, which AWS tells with HTTP 200."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
