"""Ownership: the tags that say whose a resource is, and who may take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

OWNER_TAG = "dataflowxpress.io/pipeline"
CLUSTER_TAG = "dataflowxpress.io/cluster"
UID_TAG = "dataflowxpress.io/uid"


class OwnerTags(NamedTuple):
    """What we write on all that is ours.

    The same namespace and name in the same cluster is the same pipeline, also when GitOps has made
    it anew under another uid. In another cluster it is somebody else's.
    """

    pipeline: str  # "<namespace>/<name>"
    cluster: str = ""  # the uid of its namespace kube-system; empty: made by the command line
    uid: str = ""  # of the DataPipeline

    @classmethod
    def of(cls, tags: Mapping[str, str]) -> OwnerTags | None:
        """Return the mark among *tags*, or None where nobody of ours has left one."""
        if OWNER_TAG not in tags:
            return None
        return cls(tags[OWNER_TAG], tags.get(CLUSTER_TAG, ""), tags.get(UID_TAG, ""))

    @property
    def tags(self) -> dict[str, str]:
        """The tags that stand for it."""
        every = {OWNER_TAG: self.pipeline, CLUSTER_TAG: self.cluster, UID_TAG: self.uid}
        return {key: value for key, value in every.items() if value}

    @property
    def home(self) -> str:
        """Where its pipeline is, in words."""
        return f"cluster {self.cluster}" if self.cluster else "the command line"

    def owns(self, tags: Mapping[str, str]) -> bool:
        """Whether *tags* are those of a resource of ours."""
        theirs = OwnerTags.of(tags)
        return theirs is not None and theirs[:2] == self[:2]

    def conflict(self, tags: Mapping[str, str], *, to_unowned: bool, to_moved: bool) -> str:
        """Say why a resource with *tags* is not to be touched, and the cure; empty if it may be.

        *to_unowned* objects to what has no owner, *to_moved* to what the pipeline of the same
        namespace and name has made from elsewhere.
        """
        theirs = OwnerTags.of(tags)
        if theirs is None:
            return f"{_TAKEN} somebody else: {_ADOPT}" if to_unowned else ""
        if theirs.pipeline != self.pipeline:
            of = f" of {theirs.home}" if theirs.cluster != self.cluster else ""
            return f"{_TAKEN} pipeline {theirs.pipeline}{of}: {_ANOTHER}"
        if theirs.cluster != self.cluster and to_moved:
            cure = _MOVE.format(home=theirs.home) if self.cluster else _THERE
            return f"{_TAKEN} pipeline {theirs.pipeline} of {theirs.home}: {cure}"
        return ""


_TAKEN = "exists and belongs to"
_ANOTHER = (
    "choose another name; if that pipeline is gone for good, remove the tag"
    f" {OWNER_TAG} and set spec.adopt"
)
_THERE = "change the pipeline in that cluster: run the command there, with its name and without -f"
_MOVE = "if {home} no longer manages it, set spec.adopt to take it over"
_ADOPT = "set spec.adopt to take it over, or choose another name"
