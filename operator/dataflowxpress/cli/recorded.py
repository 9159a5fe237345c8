"""Recorded: the bucket of a pipeline that exists, for commands that read the pipeline's data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .failures import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflowxpress.api.spec import DataPipelineSpec
    from dataflowxpress.controller.connector import Connection
    from dataflowxpress.planning.resource import Resource

    from .target import Target


class Recorded(NamedTuple):
    """A pipeline whose record names its bucket."""

    spec: DataPipelineSpec
    connection: Connection
    wanted: Sequence[Resource]
    bucket: str


def recorded(chosen: Target) -> Recorded:
    """Return the pipeline; raises Failure if it has no bucket, or a custom script."""
    from dataflowxpress.aws.resources import Bucket
    from dataflowxpress.planning.resource import only

    pipeline = chosen.pipeline
    connection, wanted = chosen.reconciler().describe(pipeline)
    bucket = only(wanted, Bucket)
    lines = [line for line in pipeline.status.resources if line.id == bucket.id]
    if not lines or lines[0].state == "Refused":
        raise Failure(
            f"{chosen.namespace}/{chosen.name} has no bucket",
            "Apply the pipeline first; see dataflowxpress status",
            why=f"its record does not name {bucket.name}",
        )
    if not pipeline.spec.job.script.packaged:
        raise Failure(
            f"{chosen.namespace}/{chosen.name} uses a custom script, which keeps no manifests",
            "use the packaged script, or read the script's own output",
            why="only the packaged script records objects, columns and rejected rows",
        )
    return Recorded(pipeline.spec, connection, wanted, bucket.name)
