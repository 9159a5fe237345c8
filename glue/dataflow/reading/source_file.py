"""Source file: the bytes of one version of an uploaded object."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from dataflow.skip_reasons import Deferred, SkipReason, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflow.objects import Object
    from dataflow.store import Store

BUFFER = 1024 * 1024  # bytes
RESUMES = 5  # of one object's stream

_PERMANENT = {
    "InvalidObjectState": "S3 has archived it; restore it, then reprocess it",
    "InvalidRequest": "it is encrypted with a key that only its uploader has (SSE-C)",
    "NoSuchVersion": "its version no longer exists",
}
_TRANSIENT = {
    "AccessDenied": "S3 denies the job's role to read it",
    "403": "S3 denies the job's role to read it",
    "KMS.DisabledException": "its KMS key is disabled",
    "NoSuchKey": "the object no longer exists",
    "404": "the object no longer exists",
    "PreconditionFailed": "the object has changed meanwhile",
    "412": "the object has changed meanwhile",
}


class SourceFailure(Exception):
    """S3 does not answer: the run cannot tell anything about the object."""


class SourceFile(io.RawIOBase):
    """A stream of an object's bytes, which resumes where a connection broke off."""

    def __init__(self, store: Store, obj: Object) -> None:
        self._store, self._object = store, obj
        self._position, self._resumes = 0, 0
        self._body: Any = None

    def readable(self) -> bool:
        """Return True, as a stream must say."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes into a buffer; return their number, which is 0 at the end."""
        while self._position < self._object.size:
            if self._body is None:
                self._body = self._open()
            try:
                data = self._body.read(len(buffer))
            except (BotoCoreError, HTTPClientError, OSError) as error:
                self._resume_after(error)
                continue
            if data:
                buffer[: len(data)] = data
                self._position += len(data)
                return len(data)
            self._resume_after(EOFError("the stream ended early"))
        return 0

    def close(self) -> None:
        """Close the connection."""
        if self._body is not None:
            self._body.close()
        super().close()

    def _open(self) -> Any:
        arguments = {"Range": f"bytes={self._position}-"} if self._position else {}
        with s3_errors_as_skip_reasons(self._object.key):
            return self._store.get(self._object, **arguments)["Body"]

    def _resume_after(self, error: Exception) -> None:
        self._body = None
        self._resumes += 1
        if self._resumes > RESUMES:
            raise SourceFailure(f"{self._object.key}: {error}") from error


def opened(store: Store, obj: Object) -> io.BufferedReader:
    """Return a buffered stream of an object."""
    return io.BufferedReader(SourceFile(store, obj), BUFFER)


@contextmanager
def spooled(stream: BinaryIO) -> Iterator[Path]:
    """Copy a stream into a temporary file, for formats whose readers seek."""
    with tempfile.NamedTemporaryFile(prefix="dataflow-") as file:
        shutil.copyfileobj(stream, file, BUFFER)
        file.flush()
        yield Path(file.name)


@contextmanager
def s3_errors_as_skip_reasons(key: str) -> Iterator[None]:
    """Raise a SkipReason if an error of S3 is about this one object."""
    try:
        yield
    except ClientError as error:
        raise _reason(error) or SourceFailure(f"{key}: {error}") from error
    except (BotoCoreError, HTTPClientError) as error:
        raise SourceFailure(f"{key}: {error}") from error


def _reason(error: ClientError) -> SkipReason | None:
    code = error.response["Error"]["Code"]
    if code in _PERMANENT:
        return Unreadable(f"S3 does not return the object: {_PERMANENT[code]}")
    if code in _TRANSIENT or code.startswith("KMS"):
        message = error.response["Error"].get("Message", "")
        return Deferred(_TRANSIENT.get(code, f"its KMS key does not decrypt it: {message}"[:300]))
    return None
