"""Code: the job's script and modules, and the objects that contain them. Pure."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from dataflowxpress.api.spec import RESERVED_PREFIX, DataPipelineSpec
from dataflowxpress.aws.resources import Bucket, Object
from dataflowxpress.planning.resource import Scope

from . import artifacts


class Code(NamedTuple):
    """The script of a job and the modules that it imports."""

    script: Object | str
    modules: Object | None = None

    @classmethod
    def of(cls, spec: DataPipelineSpec, scope: Scope, bucket: Bucket, custom: bytes | None) -> Code:
        """Return the *custom* script, or the packaged one with its modules."""
        if uri := spec.job.script.s3_uri:
            return cls(uri)
        if custom is not None:
            return cls(_file(scope, bucket, "script.py", custom))
        return cls(
            _file(scope, bucket, "convert.py", artifacts.script()),
            _file(scope, bucket, "dataflow.zip", artifacts.script_modules()),
        )

    @property
    def objects(self) -> list[Object]:
        """The objects that the operator uploads to the bucket."""
        return [part for part in self if isinstance(part, Object)]


def _file(scope: Scope, bucket: Bucket, name: str, body: bytes) -> Object:
    """Return an object whose key contains a hash of its content.

    A run therefore reads only old files or only new files.
    """
    digest = hashlib.sha256(body).hexdigest()[:12]
    key = f"{RESERVED_PREFIX}scripts/{digest}/{name}"
    return Object(scope, key, bucket=bucket, body=body)
