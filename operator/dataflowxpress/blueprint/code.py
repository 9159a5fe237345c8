"""Code: what the job runs, and what of it the pipeline puts into its bucket. Pure."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Object
from dataflowxpress.planning.resource import Scope

from . import artifacts


class Code(NamedTuple):
    """What a job runs."""

    script: Object | str
    modules: Object | None = None

    @classmethod
    def of(cls, spec: DataPipelineSpec, scope: Scope, bucket: Bucket, own: bytes | None) -> Code:
        """Return the script, the user's *own* or ours, with what it imports."""
        if uri := spec.job.script.s3_uri:
            return cls(uri)
        if own is not None:
            return cls(_file(scope, bucket, "script.py", own))
        return cls(
            _file(scope, bucket, "convert.py", artifacts.script()),
            _file(scope, bucket, "dataflow.zip", artifacts.script_modules()),
        )

    @property
    def objects(self) -> list[Object]:
        """What of it is ours to put into the bucket."""
        return [part for part in self if isinstance(part, Object)]


def _file(scope: Scope, bucket: Bucket, name: str, body: bytes) -> Object:
    """Return an object at a place that no other content had: a run sees all old or all new."""
    digest = hashlib.sha256(body).hexdigest()[:12]
    key = f"{RESERVED_PREFIX}scripts/{digest}/{name}"
    return Object(scope, key, bucket=bucket, body=body)
