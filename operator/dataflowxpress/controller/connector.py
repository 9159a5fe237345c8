"""Connector: connects a pipeline to its AWS account and region, within the tenant policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Status
from dataflowxpress.aws.clients import OWN, Access, ClientsFor, Identity, clients
from dataflowxpress.aws.engine import Engine
from dataflowxpress.aws.sessions import RoleSession
from dataflowxpress.planning.ownership import CLUSTER_TAG, OWNER_TAG
from dataflowxpress.planning.resource import Resource, Scope
from dataflowxpress.planning.short_names import fit
from dataflowxpress.planning.step import Outcome
from dataflowxpress.reporting.text import summarize

from .store import PipelineStore
from .tenancy import TenantPolicy

LONGEST_SESSION_NAME = 64  # characters, the limit of STS
LONGEST_TAG = 256
NAMESPACE_TAG = "dataflowxpress.io/namespace"


class Connection(NamedTuple):
    """The scope of a pipeline's resources, and the clients and engine for it."""

    scope: Scope
    client: Callable[[str], Any]
    engine: Engine
    access: Access = OWN


class Connector:
    """Connects the pipelines of one store, within *tenant_policy*.

    *clients_for* replaces the clients with the operator's own credentials. Without *lists*, the
    engine reads each resource itself.
    """

    def __init__(
        self,
        store: PipelineStore,
        tenant_policy: TenantPolicy,
        on_outcome: Callable[[Outcome], None] | None = None,
        clients_for: ClientsFor | None = None,
        *,
        lists: bool = True,
    ) -> None:
        self._store, self._policy, self._on_outcome = store, tenant_policy, on_outcome
        self._clients_for, self._lists = clients_for or clients, lists

    def of(self, pipeline: Pipeline) -> Connection:
        """Connect *pipeline*; raises Refused if the policy forbids it, or if it would move."""
        spec = pipeline.spec
        self._policy.check_spec(pipeline.namespace, spec)
        self._policy.check_emails(pipeline.namespace, spec)
        access = self._access(pipeline)
        client = self._clients_for(spec.region, *access.parameters)
        me = client.identity
        self._policy.check_identity(pipeline.namespace, me)
        _check_location(pipeline.status, me)
        _check_kinds(pipeline.status)
        _check_account(spec, me)
        snapshot = client.snapshot if self._lists else None
        engine = Engine(client, on_outcome=self._on_outcome, snapshot=snapshot)
        return Connection(self._scope(pipeline, me), client, engine, access)

    def _access(self, pipeline: Pipeline) -> Access:
        """Return the identity for *pipeline*; those without a role share the operator's own."""
        role_arn = pipeline.spec.role_arn
        return Access(role_arn, self._role_session(pipeline)) if role_arn else OWN

    def _role_session(self, pipeline: Pipeline) -> RoleSession:
        """Return the session of `spec.roleArn`, which identifies the pipeline to AWS."""
        tags = {
            NAMESPACE_TAG: pipeline.namespace,
            OWNER_TAG: fit(pipeline.owner, LONGEST_TAG),
            CLUSTER_TAG: self._store.uid,
        }
        return RoleSession(
            fit(f"{pipeline.namespace}.{pipeline.name}", LONGEST_SESSION_NAME),
            tuple((key, value) for key, value in tags.items() if value),
            self._policy.external_id(pipeline.namespace),
        )

    def _scope(self, pipeline: Pipeline, me: Identity) -> Scope:
        spec = pipeline.spec
        return Scope(
            pipeline.owner,
            *(me.account, me.region, me.partition),
            tags=spec.tags,
            role_tags=self._policy.role_tags(pipeline.namespace, spec.tags),
            cluster=self._store.uid,
            uid=pipeline.uid,
            adopt=spec.adopt,
            delete_adopted=spec.delete_adopted,
            boundary=self._policy.permissions_boundary or "",
            retired_tags=frozenset(pipeline.status.tag_keys) - spec.tags.keys(),
        )


def _check_location(status: Status, me: Identity) -> None:
    """Refuse to act in another account or region, which would orphan the existing resources."""
    for resource in status.resources:
        region, account = (resource.arn.split(":") + [""] * 5)[3:5]
        if region not in {"", me.region} or account not in {"", me.account}:
            raise Refused(
                f"the pipeline's resources are in account {account}, {region or 'any region'},"
                f" but the operator now acts in account {me.account}, {me.region}: restore"
                " spec.roleArn, spec.region or the operator's own identity, or create a new"
                " DataPipeline there"
            )


def _check_kinds(status: Status) -> None:
    """Refuse to act on kinds that only a newer operator supports, which would orphan them."""
    if unknown := sorted({each.kind for each in status.resources} - Resource.kinds.keys()):
        raise Refused(
            f"status.resources lists {summarize(unknown)}, which this version of the operator does"
            " not support: run the version that created it"
        )


def _check_account(spec: DataPipelineSpec, me: Identity) -> None:
    """Refuse to act in another account than `spec.accountId`."""
    if spec.account_id not in {None, me.account}:
        raise Refused(
            f"spec.accountId is {spec.account_id}, but the operator's credentials are for"
            f" {me.account}: set spec.roleArn to a role in {spec.account_id}, or correct"
            " spec.accountId"
        )
