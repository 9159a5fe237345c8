"""Record: the status of a pipeline that is in no cluster, kept in the pipeline's bucket.

It holds the inventory, as the status of a pipeline in a cluster does: the inventory names the
resources to delete when the spec drops them. A bucket without the pipeline's owner tags is neither
read nor written.

Each write is conditional on the version that was read, and carries an ID, the user and the time. So
of two commands that change a pipeline at once, one fails with the name of the other.
"""

from __future__ import annotations

import getpass
import itertools
import json
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.api.errors import Failure
from dataflowxpress.api.resource_id import Id
from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.api.status import Status
from dataflowxpress.api.timestamps import format_now
from dataflowxpress.aws.error_classes import ErrorClass
from dataflowxpress.aws.errors import classify
from dataflowxpress.aws.resources import Bucket
from dataflowxpress.aws.snapshot import TAGGING
from dataflowxpress.aws.tags import TAGGERS, unpair
from dataflowxpress.controller.connector import Connection
from dataflowxpress.dataplane import bounded
from dataflowxpress.dataplane.bounded import Stored
from dataflowxpress.planning.blocking import prevented
from dataflowxpress.planning.ownership import OWNER_TAG, OwnerTags
from dataflowxpress.planning.step import Step

KEY = f"{RESERVED_PREFIX}status.json"
UNREADABLE = {ErrorClass.MISSING, ErrorClass.DENIED}
CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
WRITER = "writer"  # beside the fields of a status


class RecordChanged(Failure):
    """Another command wrote or removed the record after this one read it.

    *change* names the command and the record.
    """

    def __init__(self, change: str) -> None:
        super().__init__(
            f"{change}, after this command read it",
            "wait until the other command ends, then run this one again",
            why="two commands change this pipeline at once; this one has stopped, and the record"
            " names all resources",
        )
        self.change = change


class Record:
    """The status of one pipeline, in its bucket."""

    def __init__(self, connection: Connection, bucket: Bucket) -> None:
        self._connection, self._bucket = connection, bucket
        self._s3 = connection.client("s3")
        self._etag = ""  # of the version that was read or written last; empty: there was none
        self._tags: tuple[OwnerTags | None] | None = None  # of the bucket, as read last

    @property
    def cluster_owner(self) -> OwnerTags | None:
        """The owner tags of this pipeline's resources if the operator of a cluster made them."""
        name = self._connection.scope.owner_tags.pipeline
        found = itertools.chain([self._owner_tags], self._tagged(name))
        return next(
            (tags for tags in found if tags and tags.cluster and tags.pipeline == name), None
        )

    def _tagged(self, pipeline: str) -> Iterator[OwnerTags | None]:
        """Yield the owner tags of all resources that name *pipeline*, as far as they are known."""
        wanted = [{"Key": OWNER_TAG, "Values": [pipeline]}]
        paginator = self._connection.client(TAGGING).get_paginator("get_resources")
        try:
            for page in paginator.paginate(TagFilters=wanted):
                for each in page["ResourceTagMappingList"]:
                    yield OwnerTags.of(unpair(each["Tags"]))
        except ClientError as error:  # the bucket's tags answer in most cases
            if classify(error) is not ErrorClass.DENIED:
                raise

    @property
    def _owner_tags(self) -> OwnerTags | None:
        """The owner tags of the bucket; None if it is missing or not readable."""
        try:
            tags = OwnerTags.of(TAGGERS["s3"].read(self._s3, self._bucket.arn))
        except ClientError as error:
            if classify(error) not in UNREADABLE:
                raise
            tags = None
        self._tags = (tags,)
        return tags

    def _is_ours(self, owner_tags: OwnerTags | None) -> bool:
        return owner_tags is not None and self._connection.scope.owner_tags.owns(owner_tags.tags)

    @property
    def ours(self) -> bool:
        """Whether the bucket exists and carries this pipeline's owner tags."""
        return self._is_ours(self._owner_tags)

    def prepare(self, planned: Iterable[Step] = ()) -> Id:
        """Create the bucket before any other resource, because the inventory is kept in it.

        Executes the step of *planned*, unless that waits for another resource. Returns the ID of
        the bucket.
        """
        own = [each for each in planned if each.id == self._bucket.id and not prevented(each)]
        steps = own or self._connection.engine.plan(self._connection.scope, [self._bucket])
        (outcome,) = self._connection.engine.apply(steps)
        if outcome.problem:
            raise Failure(f"{outcome.step.id}: {outcome.problem.message}")
        return self._bucket.id

    def read(self) -> dict[str, Any]:
        """Return the last written status; empty if there is none or the bucket is not `ours`."""
        (owner_tags,) = self._tags or (self._owner_tags,)
        self._tags = None  # a later read looks again
        if not self._is_ours(owner_tags):
            return {}
        try:
            content, self._etag = self._stored()
        except ClientError as error:
            if classify(error) is not ErrorClass.MISSING:
                raise
            self._etag = ""
            return {}
        return {name: value for name, value in content.items() if name != WRITER}

    def write(self, status: Status) -> None:
        """Replace the version that was read last, if the bucket is `ours`.

        Raises RecordChanged if the record is another version. A version that was read or written
        was in our bucket, and the write is conditional on it.
        """
        if not self._etag and not self.ours:
            return
        writer = _writer()
        body = json.dumps({**status.as_json(), WRITER: writer}).encode()
        condition = {"IfMatch": self._etag} if self._etag else {"IfNoneMatch": "*"}
        try:
            written = self._s3.put_object(Bucket=self._bucket.name, Key=KEY, Body=body, **condition)
            self._etag = str(written["ETag"])
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONFLICTS:
                raise
            self._settle(writer, error)

    def forget(self) -> None:
        """Remove the version that was read or written last, if the bucket is `ours`.

        Raises RecordChanged if the record is another version.
        """
        if not self._etag or not self.ours:
            return
        try:
            self._s3.delete_object(Bucket=self._bucket.name, Key=KEY, IfMatch=self._etag)
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONFLICTS:
                raise
            self._settle({}, error)

    def _settle(self, writer: Mapping[str, str], error: ClientError) -> None:
        """Raise RecordChanged, unless the refused write is a repetition of one that S3 stored."""
        try:
            content, etag = self._stored()
        except ClientError as missing:
            if classify(missing) is not ErrorClass.MISSING:
                raise
            if not writer:  # a removal that S3 has carried out
                return
            raise RecordChanged(f"another command removed {self._url}") from error
        other = content.get(WRITER, {})
        if other != writer:
            by, at = other.get("by", "another command"), other.get("at", "")
            raise RecordChanged(f"{by} changed {self._url}{f' at {at}' if at else ''}") from error
        self._etag = etag

    @property
    def _url(self) -> str:
        return f"the record s3://{self._bucket.name}/{KEY}"

    def _stored(self) -> tuple[dict[str, Any], str]:
        answer = self._s3.get_object(Bucket=self._bucket.name, Key=KEY)
        stored = Stored(self._bucket.name, KEY)
        with stored.parsing():
            content = dict(bounded.parse(stored, bounded.read(stored, answer["Body"])))
        return content, str(answer["ETag"])


def _writer() -> dict[str, str]:
    """Return the identity of one write; the ID also makes its ETag unique."""
    by = f"{getpass.getuser()}@{socket.gethostname()}"
    return {"id": uuid.uuid4().hex, "by": by, "at": format_now()}
