"""Namespace policy: the limits of some namespaces, and the usages in a spec that they cover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.alias_generators import to_camel

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.spec.network import Network
from dataflowxpress.aws.clients import Identity

Patterns = tuple[str, ...] | None


class PolicyModel(BaseModel):
    """The common configuration of all parts of the policy."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, use_attribute_docstrings=True
    )


class Usage(NamedTuple):
    """A use of something in AWS, and the list of the policy that allows it."""

    field: str
    value: str
    key: str  # of the list in the policy
    allowed: Patterns


class NamespacePolicy(PolicyModel):
    """The limits of some namespaces, as patterns with `*`, `?` and `[...]`.

    An empty list allows nothing. An omitted list allows nothing either, except `accounts` and
    `regions`.
    """

    match: Annotated[tuple[str, ...], Field(min_length=1)]
    """Patterns for namespaces; the first matching entry of the policy applies."""

    external_id: Annotated[
        str | None, Field(pattern=r"^[\w+=,.@:/-]+$", min_length=2, max_length=1224)
    ] = None
    """The external ID of the sessions of `spec.roleArn`, which its trust policy can require."""

    emails: Patterns = None
    """Patterns for the addresses in `spec.notifications.emails`, for example `*@example.com`."""

    max_emails: Annotated[int | None, Field(strict=True, ge=0)] = None
    """The number of addresses that a pipeline can have. Default: the limit of the schema, 50."""

    role_tags: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Keys of `spec.tags` that roles get, each with patterns for its value; roles get no others.

    IAM can grant permissions to the code that runs as a role by the tags of the role.
    """

    accounts: Patterns = None
    """Accounts that pipelines can use. Default: all that `roles` reach."""

    regions: Patterns = None
    """Regions that pipelines can use. Default: all."""

    roles: tuple[str, ...] = ()
    """Roles that `spec.roleArn` can name."""

    names: tuple[str, ...] = ()
    """Names that a spec can set for bucket, database, crawler, job, functions and topic."""

    scripts: tuple[str, ...] = ()
    """S3 URIs that `spec.job.script.s3Uri` can name."""

    keys: tuple[str, ...] = ()
    """KMS keys that `spec.bucket.kmsKeyArn` and `spec.encryption.kmsKeyArn` can name."""

    log_buckets: tuple[str, ...] = ()
    """Buckets that `spec.bucket.accessLogs.bucket` can name."""

    connections: tuple[str, ...] = ()
    """Glue connections that `spec.network.connection` can name."""

    subnets: tuple[str, ...] = ()
    """IDs that `spec.network.subnetIds` can name."""

    security_groups: tuple[str, ...] = ()
    """IDs that `spec.network.securityGroupIds` can name."""

    secrets: tuple[str, ...] = ()
    """ARNs that `spec.job.secretArguments` can name."""

    adopt: StrictBool = False
    """Whether a spec can adopt resources that exist."""

    def of_spec(self, spec: DataPipelineSpec) -> Iterator[Usage]:
        """Yield all usages in a spec that the policy covers."""
        yield Usage("roleArn", spec.role_arn or "", "roles", self.roles)
        yield Usage("accountId", spec.account_id or "", "accounts", self.accounts)
        yield Usage("region", spec.region or "", "regions", self.regions)
        yield Usage("bucket.kmsKeyArn", spec.bucket.kms_key_arn or "", "keys", self.keys)
        logs = spec.bucket.access_logs.bucket if spec.bucket.access_logs else ""
        yield Usage("bucket.accessLogs.bucket", logs, "logBuckets", self.log_buckets)
        key = spec.encryption.kms_key_arn or ""
        yield Usage("encryption.kmsKeyArn", key, "keys", self.keys)
        yield Usage("job.script.s3Uri", spec.job.script.s3_uri or "", "scripts", self.scripts)
        yield from self._of_network(spec.network)
        for arn in spec.job.secret_arguments.values():
            yield Usage("job.secretArguments", arn, "secrets", self.secrets)
        named = {
            "bucket.name": spec.bucket.name,
            "catalog.database": spec.catalog.database,
            "crawler.name": spec.crawler.name,
            "job.name": spec.job.name,
            "functions.startCrawler.name": spec.functions.start_crawler.name,
            "functions.startJob.name": spec.functions.start_job.name,
            "functions.notify.name": spec.functions.notify.name,
            "topic.name": spec.topic.name,
        }
        for field, name in named.items():
            yield Usage(field, name or "", "names", self.names)

    def _of_network(self, network: Network) -> Iterator[Usage]:
        connection, groups = network.connection or "", self.security_groups
        yield Usage("network.connection", connection, "connections", self.connections)
        for subnet in network.subnet_ids:
            yield Usage("network.subnetIds", subnet, "subnets", self.subnets)
        for group in network.security_group_ids:
            yield Usage("network.securityGroupIds", group, "securityGroups", groups)

    def of_identity(self, me: Identity) -> Iterator[Usage]:
        """Yield the account and region in which the operator acts, set in the spec or not."""
        yield Usage("accountId", me.account, "accounts", self.accounts)
        yield Usage("region", me.region, "regions", self.regions)

    def forbidden_adoption(self, spec: DataPipelineSpec) -> str:
        """Return the field by which a spec adopts resources against the policy, or nothing."""
        fields = {
            "adopt": spec.adopt,
            "bucket.adopt": spec.bucket.adopt,
            "catalog.adopt": spec.catalog.adopt,
        }
        return next((field for field, value in fields.items() if value and not self.adopt), "")


DERIVED_NAMES = NamespacePolicy(match=("*",))
EVERYTHING = NamespacePolicy(
    match=("*",),
    roles=("*",),
    names=("*",),
    scripts=("*",),
    keys=("*",),
    logBuckets=("*",),
    connections=("*",),
    subnets=("*",),
    securityGroups=("*",),
    secrets=("*",),
    adopt=True,
)
