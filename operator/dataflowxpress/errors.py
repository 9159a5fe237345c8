"""Errors: ours as a tree, and what AWS's mean to us.

PipelineError
├── InvalidSpec   the spec cannot work: names the field and the cure; no AWS call is made
├── Refused       what is there is not ours, or cannot be changed: needs a person
├── Blocked       waits for another resource that failed
├── Unfinished    waits for work that must not be cut short
├── Overtaken     somebody else was faster: the next look says whose it is
└── Superseded    the spec changed in the middle of it
"""

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

from .core.reasons import Reason


class PipelineError(Exception):
    """Anything that we, not AWS, have to say."""


class InvalidSpec(PipelineError):
    """The spec cannot work."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")


class Refused(PipelineError):
    """What is there is not ours, or cannot be changed."""


class Blocked(PipelineError):
    """Another resource failed first."""


class Unfinished(PipelineError):
    """It is at something that must not be cut short."""


class Overtaken(PipelineError):
    """Somebody else has done something to it since we looked."""


class Superseded(PipelineError):
    """What is being done is no longer what is asked for."""


class Meaning(Enum):
    """What an error means; the value is the reason that conditions give."""

    MISSING = Reason.MISSING
    PROPAGATING = Reason.PROPAGATING  # AWS needs a little time: bounded, quick retries
    BUSY = Reason.BUSY  # throttled, or in the middle of something: retried the same way
    WORKING = Reason.WAITING_FOR_WORK  # a crawl or a run takes minutes: looked at again later
    DENIED = Reason.ACCESS_DENIED
    UNAUTHENTICATED = Reason.CREDENTIALS_REJECTED
    UNREACHABLE = Reason.AWS_UNREACHABLE
    INVALID = Reason.INVALID_SPEC
    REFUSED = Reason.REFUSED
    BLOCKED = Reason.BLOCKED
    FAILED = Reason.APPLY_FAILED

    @property
    def heals_soon(self) -> bool:
        """Whether to try again at once rather than at the next reconciliation."""
        return self in {Meaning.PROPAGATING, Meaning.BUSY}


THROTTLED = "(Throttl|TooManyRequests|RequestLimit|SlowDown|ServiceUnavail).*"


class _Row(NamedTuple):
    code: str  # a pattern for the whole error code
    words: str  # a pattern to be found in the message
    meaning: Meaning


_TABLE = [
    _Row("404|NotFound(Exception)?|NoSuch(Bucket|Entity|Key)", "", Meaning.MISSING),
    _Row("(ResourceNotFound|EntityNotFound)(Exception)?", "", Meaning.MISSING),
    _Row("(AWS.SimpleQueueService.NonExistentQueue|QueueDoesNotExist)", "", Meaning.MISSING),
    # A new role, policy, queue or queue policy is visible everywhere only after a while.
    _Row(
        "InvalidParameterValue(Exception)?",
        "cannot be assumed by Lambda|does not have permissions|NonExistentQueue",
        Meaning.PROPAGATING,
    ),
    _Row(
        "InvalidInputException",
        "unable to assume provided role|verify (the )?role's TrustPolicy|is not authorized",
        Meaning.PROPAGATING,
    ),
    _Row("ValidationException", "cannot be assumed", Meaning.PROPAGATING),
    _Row("MalformedPolicyDocument(Exception)?", "Invalid principal", Meaning.PROPAGATING),
    _Row(
        "InvalidArgument",
        "Unable to validate the following destination configurations",
        Meaning.PROPAGATING,
    ),
    _Row("AWS.SimpleQueueService.QueueDeletedRecently|QueueDeletedRecently", "", Meaning.BUSY),
    _Row("CrawlerStoppingException", "", Meaning.BUSY),
    _Row("CrawlerRunningException|ConcurrentRunsExceededException", "", Meaning.WORKING),
    _Row("InvalidInputException", "Cannot update Crawler while running", Meaning.WORKING),
    _Row(
        "ResourceConflictException|ResourceInUseException",
        "progress|Pending|in use|already exist",  # ... because it is still going away
        Meaning.BUSY,
    ),
    _Row("BucketAlreadyExists", "", Meaning.REFUSED),
    # Somebody made it since we looked: the next look says whose it is.
    _Row("BucketAlreadyOwnedByYou|(Entity|Resource)?AlreadyExists(Exception)?", "", Meaning.BUSY),
    _Row("QueueAlreadyExists|QueueNameExists", "", Meaning.BUSY),
    _Row("OperationAborted|Concurrent(Modification|Access)(Exception)?", "", Meaning.BUSY),
    _Row("BucketNotEmpty", "", Meaning.BUSY),  # what was on its way when it was shut
    _Row("DeleteConflict(Exception)?", "", Meaning.BUSY),
    _Row(THROTTLED, "", Meaning.BUSY),
    _Row("Internal(Error|Failure|ServerError|ServiceError)?(Exception)?|5..", "", Meaning.BUSY),
    _Row(
        "InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|ExpiredToken.*"
        "|SignatureDoesNotMatch|AuthFailure|IncompleteSignature|MissingAuthenticationToken",
        "",
        Meaning.UNAUTHENTICATED,
    ),
    _Row("AccessDenied(Exception)?|AuthorizationError|Unauthorized.*|403", "", Meaning.DENIED),
]


_OTHERS: list[tuple[type[Exception], Meaning]] = [
    (NoCredentialsError, Meaning.UNAUTHENTICATED),
    (PartialCredentialsError, Meaning.UNAUTHENTICATED),
    (TokenRetrievalError, Meaning.UNAUTHENTICATED),
    (HTTPClientError, Meaning.UNREACHABLE),
    (BotoConnectionError, Meaning.UNREACHABLE),
    (InvalidSpec, Meaning.INVALID),
    (Refused, Meaning.REFUSED),
    (Blocked, Meaning.BLOCKED),
    (Unfinished, Meaning.WORKING),
    (Overtaken, Meaning.BUSY),
    (Superseded, Meaning.WORKING),
]


def meaning(error: Exception) -> Meaning:
    """Return what *error* means to us."""
    if isinstance(error, ClientError):
        return _of_answer(error)
    return next((means for kind, means in _OTHERS if isinstance(error, kind)), Meaning.FAILED)


def _of_answer(error: ClientError) -> Meaning:
    said = error.response["Error"]
    code, message = said.get("Code", ""), said.get("Message", "")
    for row in _TABLE:
        if re.fullmatch(row.code, code) and re.search(row.words, message, re.IGNORECASE):
            return row.meaning
    return Meaning.FAILED


def throttled(code: str) -> bool:
    """Say whether AWS refuses with *code* what comes too fast."""
    return re.fullmatch(THROTTLED, code) is not None


def explain(error: Exception) -> str:
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
