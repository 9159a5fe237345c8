"""Operations: what a command or a call does with a pipeline that is in no cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from dataflowxpress.api.errors import Failure

if TYPE_CHECKING:
    from dataflowxpress.api.pipeline import Pipeline
    from dataflowxpress.api.status import Status
    from dataflowxpress.controller.result import Result
    from dataflowxpress.planning.ownership import OwnerTags
    from dataflowxpress.planning.step import Outcome

    from .manifest import Manifest


_REMOVE = "remove {annotation} from metadata.annotations"


def compare_as_owner(manifest: Manifest) -> OwnerTags | None:
    """Let a plan be the one of the operator that owns the pipeline; returns its tags, if any."""
    owner = manifest.record.cluster_owner
    manifest.uid = owner.cluster if owner else ""
    return owner


def refuse_if_in_a_cluster(manifest: Manifest, command: Literal["apply", "delete"]) -> None:
    """Raise Failure if the operator of a cluster owns the pipeline, unless the spec adopts it."""
    owner = manifest.record.cluster_owner
    if owner is None or manifest.spec.adopt:
        return
    namespace, name = manifest.key
    raise Failure(
        f"{owner.home} owns {owner.pipeline}",
        f"Run `dataflowxpress {command} {name} -n {namespace}` against that cluster"
        f"{', after `kubectl apply`' if command == 'apply' else ''}",
        why="the operator there made its resources in AWS, and corrects any other change",
    )


def refuse_if_held(
    pipeline: Pipeline, command: Literal["apply", "delete", "run"], release: str = _REMOVE
) -> None:
    """Raise Failure if an annotation keeps *command* from its work; *release* is the fix."""
    from dataflowxpress.api.annotations import PAUSED, PLAN

    held = PAUSED if pipeline.paused else PLAN if pipeline.planning else ""
    if not held or (held == PLAN and command == "delete"):
        return
    raise Failure(
        f"{pipeline.namespace}/{pipeline.name} has the annotation {held}",
        release.format(annotation=held),
        why=f"{command} changes nothing while it is set",
    )


def observed_status(manifest: Manifest) -> Status:
    """Return the record with the data as of now, read-only; raises Failure without a record."""
    recorded, (namespace, name) = manifest.current.status, manifest.key
    if not recorded.resources:
        raise Failure(
            f"{namespace}/{name} has no record",
            "see what an apply would create with plan, or name the pipeline in its cluster",
            why="it was not applied from a manifest",
        )
    result = manifest.reconciler().observe(namespace, name)
    return result.status if result else recorded


def delete(
    manifest: Manifest, recorded: Status, on_outcome: Callable[[Outcome], None] | None = None
) -> Result | None:
    """Delete the resources in *recorded*, and the record after the last of them.

    *manifest* is the one that `Manifest.is_deleting` returns.
    """
    manifest.write_status(*manifest.key, recorded)
    _claim_for_deletion(manifest)
    result = manifest.reconciler(on_outcome).delete(*manifest.key)
    if result and result.success:
        manifest.record.forget()
    return result


def _claim_for_deletion(manifest: Manifest) -> None:
    """Claim the record, unless an interrupted deletion already denies writes to its bucket."""
    from botocore.exceptions import ClientError

    from dataflowxpress.aws.error_classes import ErrorClass
    from dataflowxpress.aws.errors import classify

    try:
        manifest.claim()
    except ClientError as error:
        if classify(error) is not ErrorClass.DENIED:
            raise
