"""Operations: plan, apply, delete and observe a pipeline from Python, without a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataflowxpress.api.document import as_stored
from dataflowxpress.api.errors import Failure
from dataflowxpress.api.reasons import Reason
from dataflowxpress.aws.clients import clients_of
from dataflowxpress.reporting.text import without_code
from dataflowxpress.standalone import operations
from dataflowxpress.standalone.approval import Approval
from dataflowxpress.standalone.existing import inventory
from dataflowxpress.standalone.manifest import Manifest

from .plans import Plan

if TYPE_CHECKING:
    import boto3

    from dataflowxpress.api.status import Status
    from dataflowxpress.controller.result import Result

    from .pipeline import DataPipeline


class Incomplete(Failure):
    """`apply` or `delete` ended before its work was done; *status* has the state of each resource.

    The same call goes on where this one ended.
    """

    def __init__(self, pipeline: str, status: Status) -> None:
        ready = status["Ready"]
        reason = ready.reason if ready else Reason.PROGRESSING
        super().__init__(
            f"{pipeline} is not Ready: {reason}",
            without_code(Reason(reason).fix),
            why=ready.message if ready else "",
            page=f"docs/reasons.md, or `dataflowxpress explain {reason}`",
        )
        self.status = status


def plan(pipeline: DataPipeline, *, session: boto3.Session | None = None) -> Plan:
    """Return the changes that AWS needs for *pipeline*; changes nothing.

    Credentials, profile and default region are those of *session*, or of the environment. If the
    operator of a cluster owns the pipeline, the plan is that operator's. Raises InvalidSpec,
    Refused, and boto3's errors.
    """
    manifest = _manifest(pipeline, session, keeps=False)
    operations.compare_as_owner(manifest)
    current, reconciler = manifest.current, manifest.reconciler()
    steps = reconciler.plan(current)
    return Plan(pipeline, tuple(reconciler.effects(current, steps)), tuple(steps))


def apply(pipeline: DataPipeline | Plan, *, session: boto3.Session | None = None) -> Status:
    """Make AWS match *pipeline*, and return its status; without differences, write nothing.

    Given a Plan, it applies exactly this plan: it raises PlanChanged before any change if AWS needs
    other changes now. Raises Incomplete if a step fails or is refused, and RecordChanged if another
    command changes the pipeline at the same time. Raises Failure if the operator of a cluster owns
    the pipeline, or an annotation pauses it or holds its plan, and the errors of `plan`.
    """
    approved = pipeline if isinstance(pipeline, Plan) else None
    wanted = pipeline.pipeline if isinstance(pipeline, Plan) else pipeline
    manifest = _manifest(wanted, session)
    operations.refuse_if_held(manifest.described, "apply")
    operations.refuse_if_in_a_cluster(manifest, "apply")
    steps = manifest.reconciler().plan(manifest.current)
    approval = Approval(manifest, approved.planned if approved else steps, asks=bool(approved))
    if any(step.action.writes for step in steps):
        reconciler = manifest.reconciler(approve=approval)
    else:
        approval.check(steps)
        manifest = _manifest(wanted, session, keeps=False)
        reconciler = manifest.reconciler()
    result = reconciler.reconcile_as_planned(*manifest.key, steps)
    return _status(manifest, result)


def status(pipeline: DataPipeline, *, session: boto3.Session | None = None) -> Status:
    """Return the status of the last `apply`, with the data as of now; changes nothing.

    Raises Failure if *pipeline* was not applied without a cluster, and the errors of `plan`.
    """
    return operations.observed_status(_manifest(pipeline, session, keeps=False))


def delete(pipeline: DataPipeline, *, session: boto3.Session | None = None) -> None:
    """Delete the resources of *pipeline*; `spec.deletion_policy` says which stay.

    Raises Incomplete if a resource cannot be deleted, and the errors of `apply`.
    """
    manifest = _manifest(pipeline, session).is_deleting()
    operations.refuse_if_held(manifest.described, "delete")
    operations.refuse_if_in_a_cluster(manifest, "delete")
    result = operations.delete(manifest, inventory(manifest))
    if result is None or not result.success:
        raise Incomplete(_owner(manifest), result.status if result else manifest.current.status)


def _manifest(
    pipeline: DataPipeline, session: boto3.Session | None, *, keeps: bool = True
) -> Manifest:
    script = pipeline.spec.job.script
    if script.config_map_key_ref:
        raise Failure(
            f"spec.job.script.configMapKeyRef: {script.config_map_key_ref.name} is in a cluster",
            "give the script with Script(inline=...) or Script(s3_uri=...)",
        )
    clients_for = clients_of(session) if session else None
    body = as_stored(pipeline.to_manifest())
    return Manifest(body, keeps=keeps, pins=keeps, clients_for=clients_for)


def _status(manifest: Manifest, result: Result | None) -> Status:
    """Return the status; raises Incomplete if the pipeline is not Ready."""
    found = result.status if result else manifest.current.status
    ready = found["Ready"]
    if ready and ready.status != "True":
        raise Incomplete(_owner(manifest), found)
    return found


def _owner(manifest: Manifest) -> str:
    return "/".join(manifest.key)
