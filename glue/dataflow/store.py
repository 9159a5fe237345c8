"""Store: the bucket of a pipeline, with source objects, directories and write-once objects."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from dataflow import clients
from dataflow.batches import BATCH
from dataflow.clients import THREADS
from dataflow.layout import OBJECT
from dataflow.objects import Object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dataflow.options import Options

Json = dict[str, Any]

EXISTS = "PreconditionFailed"
CONFLICTS = {"ConditionalRequestConflict", "OperationAborted"}  # perhaps no write succeeded
REPEATS, PAUSE = 5, 0.2  # seconds before the first repetition

UPLOADS = TransferConfig(multipart_threshold=64 * 1024 * 1024, multipart_chunksize=16 * 1024 * 1024)


class AlreadyExists(Exception):
    """Another run has written the object."""


class Store:
    """The bucket of a pipeline."""

    def __init__(self, options: Options) -> None:
        self.options, self.bucket = options, options.bucket
        self.s3, self._data = self._client(), self._client()
        # boto3 of Glue 5.0 has no parameter IfNoneMatch.
        self.s3.meta.events.register("before-call.s3.PutObject", _only_if_new)
        self.s3.meta.events.register("needs-retry.s3.PutObject", _pause_after_conflict)

    def _client(self) -> Any:
        client = clients.client("s3")
        client.meta.events.register("before-parameter-build.s3", self._expect_owner)
        return client

    def _expect_owner(self, params: Json, model: Any, **_: Any) -> None:
        """Let S3 deny the call if another account owns the name of the bucket."""
        for member in ("ExpectedBucketOwner", "ExpectedSourceBucketOwner"):
            if member in model.input_shape.members:
                params[member] = self.options.bucket_owner

    def keys(self, prefix: str, **arguments: Any) -> Iterator[Json]:
        """Yield the entries under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, **arguments
        )
        for page in pages:
            yield from page.get("CommonPrefixes" if "Delimiter" in arguments else "Contents", [])

    def sources(self) -> dict[str, Object]:
        """Return the source objects by key."""
        listed = self.keys(self.options.source_prefix)
        return {
            entry["Key"]: Object(
                entry["Key"], entry["ETag"].strip('"'), entry["Size"], _iso(entry["LastModified"])
            )
            for entry in listed
            if entry["Key"].endswith(self.options.source_suffix) and entry["Key"][-1] != "/"
        }

    def get(self, obj: Object, **arguments: Any) -> Json:
        """Return S3's answer for this version of an object, with its stream."""
        answer: Json = self.s3.get_object(
            Bucket=self.bucket, Key=obj.key, IfMatch=obj.etag, **arguments
        )
        return answer

    def stream(self, key: str) -> BinaryIO:
        """Return the stream of an object."""
        body: BinaryIO = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        return body

    def put_file(self, key: str, file: IO[bytes]) -> None:
        """Write an object that only this attempt writes, in parts if it is large."""
        self._data.upload_fileobj(file, self.bucket, key, Config=UPLOADS)

    def read(self, key: str) -> bytes:
        """Return an object's content."""
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def create(self, key: str, content: bytes, kind: str = "application/json") -> None:
        """Create an object; raises AlreadyExists if the key exists with other content.

        An object with the same content comes from a retry of boto3 after a lost response. After a
        conflict with another write, boto3 repeats the call: S3 may have accepted neither of them.
        """
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType=kind)
        except ClientError as error:
            if error.response["Error"]["Code"] != EXISTS:
                raise
            if self.read(key) != content:
                raise AlreadyExists(f"{key} already exists") from error

    def directories(self, prefix: str) -> set[str]:
        """Return the directories of a table's batches and objects, and Spark's temporary ones."""
        listed = (entry["Prefix"] for entry in self.keys(prefix, Delimiter="/"))
        managed = (f"{BATCH}=", f"{OBJECT}=", "_temporary/", "__magic")
        return {each for each in listed if each[len(prefix) :].startswith(managed)}

    def copy(self, targets: Mapping[str, str]) -> None:
        """Copy objects; *targets* has the new key by the old one."""
        with ThreadPoolExecutor(THREADS) as pool:
            deque(pool.map(self._copy, targets.keys(), targets.values()), maxlen=0)

    def _copy(self, source: str, target: str) -> None:
        self.s3.copy_object(
            Bucket=self.bucket, Key=target, CopySource={"Bucket": self.bucket, "Key": source}
        )

    def complete(self, copies: Mapping[str, str]) -> None:
        """Move committed files from their staged keys to their final ones.

        A staged file that is missing was moved by another run, which also deletes it.
        """

        def move(source: str, target: str) -> None:
            with suppress(self.s3.exceptions.NoSuchKey):
                self._copy(source, target)

        with ThreadPoolExecutor(THREADS) as pool:
            deque(pool.map(move, copies.keys(), copies.values()), maxlen=0)
        self.delete_keys([*copies])

    def incomplete_uploads(self, prefix: str) -> list[Json]:
        """Return the incomplete multipart uploads under a prefix."""
        pages = self.s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        return [upload for page in pages for upload in page.get("Uploads", [])]

    def abort(self, uploads: Iterable[Json]) -> None:
        """Abort multipart uploads, because S3 keeps and bills their parts indefinitely."""
        for upload in uploads:
            with suppress(self.s3.exceptions.NoSuchUpload):  # already completed or aborted
                self.s3.abort_multipart_upload(
                    Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )

    def delete(self, directories: Iterable[str]) -> None:
        """Delete directories and all objects in them."""
        with ThreadPoolExecutor(THREADS) as pool:
            for keys in pool.map(lambda prefix: [e["Key"] for e in self.keys(prefix)], directories):
                self.delete_keys(keys)

    def delete_keys(self, keys: Sequence[str]) -> None:
        """Delete objects, 1,000 in each call."""
        for first in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[first : first + 1000]]
            response = self.s3.delete_objects(
                Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True}
            )
            if response.get("Errors"):
                raise RuntimeError(f"DeleteObjects failed: {response['Errors'][:3]}")


def _iso(time: str) -> str:
    """Return S3's time in a form that Python 3.10 reads, too."""
    return f"{time[:-1]}+00:00" if time.endswith("Z") else time


def _only_if_new(params: Json, **_: Any) -> None:
    params["headers"]["If-None-Match"] = "*"


def _pause_after_conflict(response: Any, attempts: int, **_: Any) -> float | None:
    """Return the seconds to wait before a repetition, as boto3 expects, or None for no repetition.

    *response* is None if there was none; else it consists of the HTTP response and the content.
    """
    code = response[1].get("Error", {}).get("Code") if response else None
    repeats = code in CONFLICTS and attempts <= REPEATS
    return PAUSE * 2 ** (attempts - 1) if repeats else None
