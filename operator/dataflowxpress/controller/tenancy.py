"""Tenancy: the policy that limits which AWS resources the pipelines of a namespace can use.

The operator checks it before any call to AWS other than the one that returns its identity. Without
a file, the policy is closed: pipelines use only names that the operator derives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError
from pydantic.alias_generators import to_camel

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.spec.network import Network
from dataflowxpress.aws.clients import Identity

Patterns = tuple[str, ...] | None

_ASK = "ask the administrator of the operator to extend the tenant policy"


class InvalidTenantPolicy(Exception):
    """The policy file is invalid; the message names the place and the error."""


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
    connections=("*",),
    subnets=("*",),
    securityGroups=("*",),
    secrets=("*",),
    adopt=True,
)


class TenantPolicy(PolicyModel):
    """The tenant policy of an operator."""

    permissions_boundary: Annotated[
        str | None, Field(pattern=r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$")
    ] = None
    """The permissions boundary of every role that the operator creates."""

    namespaces: tuple[NamespacePolicy, ...] = (DERIVED_NAMES,)
    """The limits of each namespace; a namespace without a match cannot have pipelines."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a YAML file; raises InvalidTenantPolicy."""
        try:
            return cls.model_validate(yaml.safe_load(file.read_text()) or {})
        except OSError as error:
            raise InvalidTenantPolicy(f"{file}: {error.strerror}") from None
        except yaml.YAMLError as error:
            raise InvalidTenantPolicy(f"{file} is not valid YAML: {error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise InvalidTenantPolicy(f"{file}: {where}: {first['msg']}") from None

    def check_spec(self, namespace: str, spec: DataPipelineSpec) -> None:
        """Raise Refused, with field and fix, if the policy forbids a usage in *spec*."""
        policy = self._of(namespace)
        _check(namespace, policy.of_spec(spec))
        if field := policy.forbidden_adoption(spec):
            raise Refused(
                f"spec.{field}: the tenant policy does not allow adoption in namespace {namespace}:"
                " remove the field, or ask the administrator of the operator to set"
                f" {_entry('adopt')} to true"
            )

    def check_identity(self, namespace: str, me: Identity) -> None:
        """Raise Refused if the policy forbids the account or region of *me*."""
        _check(namespace, self._of(namespace).of_identity(me))

    def check_emails(self, namespace: str, spec: DataPipelineSpec) -> None:
        """Raise Refused if the policy forbids an address, or the number of addresses."""
        policy, field = self._of(namespace), "spec.notifications.emails"
        emails = dict.fromkeys(spec.notifications.emails)
        if policy.max_emails is not None and len(emails) > policy.max_emails:
            raise Refused(
                f"{field}: the tenant policy allows {policy.max_emails} addresses for a pipeline in"
                f" namespace {namespace}, and the spec has {len(emails)}: remove some, or {_ASK}"
            )
        for email in emails if policy.emails is not None else ():
            if not any(fnmatchcase(email.lower(), each.lower()) for each in policy.emails or ()):
                choice = f"use addresses that match {', '.join(policy.emails or ())}, or "
                raise Refused(
                    f"{field}: the tenant policy does not allow {email} in namespace {namespace}:"
                    f" {choice if policy.emails else 'remove it, or '}{_ASK}"
                )

    def external_id(self, namespace: str) -> str:
        """Return the external ID of the sessions of `spec.roleArn`; empty if there is none."""
        return self._of(namespace).external_id or ""

    def role_tags(self, namespace: str, tags: Mapping[str, str]) -> dict[str, str]:
        """Return those of *tags* that the roles of pipelines in *namespace* get."""
        allowed = self._of(namespace).role_tags
        return {
            key: value
            for key, value in tags.items()
            if any(fnmatchcase(value, pattern) for pattern in allowed.get(key, ()))
        }

    def _of(self, namespace: str) -> NamespacePolicy:
        for policy in self.namespaces:
            if any(fnmatchcase(namespace, pattern) for pattern in policy.match):
                return policy
        raise Refused(
            f"the tenant policy allows no pipelines in namespace {namespace}: use another"
            f" namespace, or {_ASK}"
        )


OPEN = TenantPolicy(namespaces=(EVERYTHING,))
"""The policy of a person who works with their own AWS credentials: IAM alone limits them."""


def _check(namespace: str, usages: Iterator[Usage]) -> None:
    for field, value, key, allowed in usages:
        if not value or allowed is None or any(fnmatchcase(value, each) for each in allowed):
            continue
        choice = f"use a value that matches {', '.join(allowed)}" if allowed else "remove the field"
        raise Refused(
            f"spec.{field}: the tenant policy does not allow {value} in namespace {namespace}:"
            f" {choice}, or ask the administrator of the operator to add it to {_entry(key)}"
        )


def _entry(key: str) -> str:
    return f"`{key}` of the namespace in the tenant policy"
