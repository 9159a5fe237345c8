"""Record: what is said of a pipeline that is in no cluster, kept in its own bucket.

The inventory is in it, as it is in the status of a pipeline in a cluster: without it nobody could
say what is to go when the spec drops something. A bucket that is not ours is neither believed nor
written to.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from dataflowxpress.api.spec import RESERVED_PREFIX
from dataflowxpress.api.status import Status
from dataflowxpress.aws.errors import ErrorClass, classify
from dataflowxpress.aws.resources import Bucket
from dataflowxpress.aws.tags import TAGGERS
from dataflowxpress.controller.connector import Connection
from dataflowxpress.planning.ownership import OwnerTags

from .failures import Failure

KEY = f"{RESERVED_PREFIX}status.json"
NOT_OURS_TO_READ = {ErrorClass.MISSING, ErrorClass.DENIED}


class Record:
    """The status of the pipeline whose bucket it is."""

    def __init__(self, connection: Connection, bucket: Bucket) -> None:
        self._connection, self._bucket = connection, bucket
        self._s3 = connection.client("s3")

    @property
    def owner_tags(self) -> OwnerTags | None:
        """Whose the bucket is by its tags; None also where there is none."""
        try:
            return OwnerTags.of(TAGGERS["s3"].read(self._s3, self._bucket.arn))
        except ClientError as error:
            if classify(error) in NOT_OURS_TO_READ:
                return None
            raise

    @property
    def ours(self) -> bool:
        """Whether the bucket is there and this pipeline's."""
        owner_tags = self.owner_tags
        return owner_tags is not None and self._connection.scope.owner_tags.owns(owner_tags.tags)

    def prepare(self) -> None:
        """Make the bucket before anything else, so that there is a place for the inventory."""
        steps = self._connection.engine.plan(self._connection.scope, [self._bucket])
        (outcome,) = self._connection.engine.apply(steps)
        if outcome.problem:
            raise Failure(f"{outcome.step.id}: {outcome.problem.message}")

    def read(self) -> dict[str, Any]:
        """Return what was written last; nothing where nothing was, or the bucket is not ours."""
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
        """Replace it, where there is a bucket of ours."""
        if self.ours:
            body = json.dumps(status.as_json()).encode()
            self._s3.put_object(Bucket=self._bucket.name, Key=KEY, Body=body)

    def forget(self) -> None:
        """Remove it, where there is a bucket of ours."""
        if self.ours:
            self._s3.delete_object(Bucket=self._bucket.name, Key=KEY)
