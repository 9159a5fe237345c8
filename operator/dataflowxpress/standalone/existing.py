"""Existing: the resources of a pipeline that exist in AWS, although no record lists them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dataflowxpress.planning.step import Action, Step

if TYPE_CHECKING:
    from dataflowxpress.api.status import Status

    from .manifest import Manifest


def existing(manifest: Manifest) -> list[Step]:
    """Return the steps of a plan without a record, except those that create a resource."""
    from dataflowxpress.api.pipeline import Pipeline

    pipeline = Pipeline({**manifest.current.body, "status": {}})
    return [s for s in manifest.reconciler().plan(pipeline) if s.action is not Action.CREATE]


def as_record(steps: Iterable[Step]) -> Status:
    """Return a record that lists the resources of *steps*."""
    from dataflowxpress.api.status import ResourceStatus, Status

    lines = (
        ResourceStatus(kind=s.id.kind, name=s.id.name, key=s.id.key, state="Ready") for s in steps
    )
    return Status(resources=tuple(lines))


def inventory(manifest: Manifest) -> Status:
    """Return the record; without one, the resources of the description that exist.

    The record goes with the bucket, which a deletion that was interrupted may have deleted first.
    """
    recorded = manifest.current.status
    if recorded.resources:
        return recorded
    found = existing(manifest)
    refused = {step.id for step in found if step.action is Action.REFUSE}
    return as_record(
        step for step in found if step.action is not Action.REFUSE and not step.needs & refused
    )
