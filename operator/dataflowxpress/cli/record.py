"""Record: the status of a pipeline that is in no cluster, kept in the pipeline's bucket.

It holds the inventory, as the status of a pipeline in a cluster does: the inventory names the
resources to delete when the spec drops them. A bucket without the pipeline's owner tags is neither
read nor written.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.api.status import Status
from dataflowxpress.aws.error_classes import ErrorClass
from dataflowxpress.aws.errors import classify
from dataflowxpress.aws.observer import TAGGING
from dataflowxpress.aws.resources import Bucket
from dataflowxpress.aws.tags import TAGGERS, unpair
from dataflowxpress.controller.connector import Connection
from dataflowxpress.planning.ownership import OWNER_TAG, OwnerTags

from .failures import Failure

KEY = f"{RESERVED_PREFIX}status.json"
UNREADABLE = {ErrorClass.MISSING, ErrorClass.DENIED}


class Record:
    """The status of one pipeline, in its bucket."""

    def __init__(self, connection: Connection, bucket: Bucket) -> None:
        self._connection, self._bucket = connection, bucket
        self._s3 = connection.client("s3")

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
            return OwnerTags.of(TAGGERS["s3"].read(self._s3, self._bucket.arn))
        except ClientError as error:
            if classify(error) in UNREADABLE:
                return None
            raise

    @property
    def ours(self) -> bool:
        """Whether the bucket exists and carries this pipeline's owner tags."""
        owner_tags = self._owner_tags
        return owner_tags is not None and self._connection.scope.owner_tags.owns(owner_tags.tags)

    def prepare(self) -> None:
        """Create the bucket before any other resource, because the inventory is kept in it."""
        steps = self._connection.engine.plan(self._connection.scope, [self._bucket])
        (outcome,) = self._connection.engine.apply(steps)
        if outcome.problem:
            raise Failure(f"{outcome.step.id}: {outcome.problem.message}")

    def read(self) -> dict[str, Any]:
        """Return the last written status; empty if there is none or the bucket is not `ours`."""
        if not self.ours:
            return {}
        try:
            answer = self._s3.get_object(Bucket=self._bucket.name, Key=KEY)
        except ClientError as error:
            if classify(error) is ErrorClass.MISSING:
                return {}
            raise
        return dict(json.load(answer["Body"]))

    def write(self, status: Status) -> None:
        """Replace the status if the bucket is `ours`."""
        if self.ours:
            body = json.dumps(status.as_json()).encode()
            self._s3.put_object(Bucket=self._bucket.name, Key=KEY, Body=body)

    def forget(self) -> None:
        """Remove the status if the bucket is `ours`."""
        if self.ours:
            self._s3.delete_object(Bucket=self._bucket.name, Key=KEY)
