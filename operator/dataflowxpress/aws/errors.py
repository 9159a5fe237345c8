"""Errors: classify AWS errors and describe them for conditions and messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
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

from .error_classes import THROTTLED, ErrorClass, Row, row_of

WITHOUT_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
)
CREDENTIALS_FIX = (
    "provide AWS credentials, for example a role of the operator's service account; each retry"
    " reads them again"
)

_NEEDS_PERSON = {
    ErrorClass.REFUSED,
    ErrorClass.DENIED,
    ErrorClass.UNAUTHENTICATED,
    ErrorClass.INVALID,
}

_OTHERS: list[tuple[type[Exception], ErrorClass]] = [
    *((kind, ErrorClass.UNAUTHENTICATED) for kind in WITHOUT_CREDENTIALS),
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
    """Return the class by the table, and for an unknown or general code by the HTTP status."""
    row = _row(error)
    found = row.error_class if row else ErrorClass.FAILED
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    passes = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return ErrorClass.BUSY if passes and found is ErrorClass.FAILED else found


def _row(error: ClientError) -> Row | None:
    details = error.response["Error"]
    return row_of(details.get("Code", ""), details.get("Message", ""))


def problem(error: Exception) -> Problem:
    """Return *error* as conditions and messages report it."""
    found = classify(error)
    return Problem(found.value, describe(error), needs_person=found in _NEEDS_PERSON)


def is_throttling(code: str) -> bool:
    """Return whether *code* reports that a request rate is too high."""
    return re.fullmatch(THROTTLED, code) is not None


def describe(error: Exception) -> str:
    """Return *error* and its notes in one line, without request ids."""
    return "; ".join(filter(None, [_text(error), *getattr(error, "__notes__", ()), _fix(error)]))


def _text(error: Exception) -> str:
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return f"{error.operation_name}: {details.get('Code')}: {details.get('Message')}"
    if isinstance(error, BotoCoreError | PipelineError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _fix(error: Exception) -> str:
    """Return what to do, if the message of AWS does not say it."""
    if isinstance(error, ClientError):
        row = _row(error)
        return row.fix if row else ""
    return CREDENTIALS_FIX if isinstance(error, WITHOUT_CREDENTIALS) else ""


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
