"""Resources: a pipeline's conditions and AWS resources, and how these differ from the spec."""

from __future__ import annotations

from typing import Literal

from dataflowxpress.api.resource_id import Id

from .model import StatusModel

ResourceState = Literal["Ready", "Pending", "Failed", "Refused", "Deleting"]


class Condition(StatusModel):
    """A condition in the form of metav1.Condition."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str
    observed_generation: int
    last_transition_time: str


class ResourceStatus(StatusModel):
    """The status of one AWS resource; all of them together are the inventory."""

    kind: str
    """The kind of the resource, for example `Crawler`."""

    name: str
    """The name of the resource in AWS."""

    key: tuple[str, ...]
    """The identifiers that the operator needs to find the resource again."""

    arn: str = ""
    """The ARN, if the resource has one."""

    state: ResourceState
    """`Ready`: as specified. `Pending`: waits for AWS, another resource or a person. `Failed`: an
    operation failed. `Refused`: exists, but does not belong to this pipeline. `Deleting`: the
    operator deletes it."""

    message: str = ""
    """Why the resource is not ready."""

    requested_at: str = ""
    """When an email address was last asked to confirm its subscription. The operator asks again
    only for the annotation `dataflowxpress.io/subscribe-requested-at`."""

    @property
    def id(self) -> Id:
        """Kind and key."""
        return Id(self.kind, self.key)


class Drift(StatusModel):
    """A resource that differs from the spec."""

    resource: str
    """The kind and name of the resource."""

    action: str = ""
    """The action that would correct it: `create`, `update`, `replace` or `delete`; `refuse` if the
    operator cannot."""

    changes: tuple[str, ...] = ()
    """Each property with its old and new value, or why the operator refuses to change it."""

    since: str = ""
    """The time of the last change in AWS; empty if AWS does not report it."""
