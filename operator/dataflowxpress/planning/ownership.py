"""Ownership: the tags that mark the owner of a resource, and the rules for conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

OWNER_TAG = "dataflowxpress.io/pipeline"
CLUSTER_TAG = "dataflowxpress.io/cluster"
UID_TAG = "dataflowxpress.io/uid"
ADOPTED_TAG = "dataflowxpress.io/adopted"  # on a bucket or database that had no owner


class OwnerTags(NamedTuple):
    """The tags on all resources of a pipeline.

    The same namespace and name in the same cluster identify the same pipeline, even if GitOps has
    recreated it with another UID. In another cluster they identify another pipeline.
    """

    pipeline: str  # "<namespace>/<name>", at most 256 characters
    cluster: str = ""  # UID of the namespace kube-system; empty for the command line
    uid: str = ""  # of the DataPipeline

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> OwnerTags | None:
        """Return the owner tags among *tags*, or None if there are none."""
        if OWNER_TAG not in tags:
            return None
        return cls(tags[OWNER_TAG], tags.get(CLUSTER_TAG, ""), tags.get(UID_TAG, ""))

    @property
    def tags(self) -> dict[str, str]:
        """The tags in the form of AWS; omits empty values."""
        tags = {OWNER_TAG: self.pipeline, CLUSTER_TAG: self.cluster, UID_TAG: self.uid}
        return {key: value for key, value in tags.items() if value}

    @property
    def home(self) -> str:
        """The location of the pipeline, for messages."""
        return f"cluster {self.cluster}" if self.cluster else "the command line"

    def owns(self, tags: Mapping[str, str]) -> bool:
        """Return whether *tags* mark a resource of this pipeline."""
        owner = OwnerTags.of(tags)
        return owner is not None and owner[:2] == self[:2]

    def conflict(
        self,
        tags: Mapping[str, str],
        *,
        reject_unowned: bool,
        reject_moved: bool,
        adopt_by: str = "spec.adopt",
    ) -> str:
        """Return why the pipeline cannot manage a resource with *tags*, and a fix; empty if it can.

        *reject_unowned* applies to resources without an owner, *reject_moved* to resources of the
        pipeline with the same namespace and name in another cluster. *adopt_by* is the narrowest
        field that adopts the resource.
        """
        owner = OwnerTags.of(tags)
        if owner is None:
            return (
                f"{_TAKEN} no pipeline: {_ADOPT.format(field=adopt_by)}" if reject_unowned else ""
            )
        if owner.pipeline != self.pipeline:
            of = f" of {owner.home}" if owner.cluster != self.cluster else ""
            return f"{_TAKEN} pipeline {owner.pipeline}{of}: {_ANOTHER.format(field=adopt_by)}"
        if owner.cluster != self.cluster and reject_moved:
            fix = _MOVE.format(home=owner.home) if self.cluster else _THERE
            return f"{_TAKEN} pipeline {owner.pipeline} of {owner.home}: {fix}"
        return ""


_TAKEN = "exists and belongs to"
_ANOTHER = (
    "choose another name; if that pipeline no longer exists, remove the tag"
    f" {OWNER_TAG} and set {{field}}"
)
_THERE = "change the pipeline in that cluster: run the command there, with its name and without -f"
_MOVE = "if {home} no longer manages it, set spec.adopt to adopt it"
_ADOPT = "set {field} to adopt it, or choose another name"
