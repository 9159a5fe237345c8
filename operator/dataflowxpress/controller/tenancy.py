"""Tenancy: the policy that limits which AWS resources the pipelines of a namespace can use.

The operator checks it before any call to AWS other than the one that returns its identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.clients import Identity

Patterns = tuple[str, ...] | None

_ASK = "ask the administrator of the operator to extend the policy"


class InvalidTenantPolicy(Exception):
    """The policy file is invalid; the message names the place and the error."""


class PolicyModel(BaseModel):
    """The common configuration of all parts of the policy."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, use_attribute_docstrings=True
    )


class Usage(NamedTuple):
    """A use of something in AWS, and the patterns that allow it."""

    field: str
    value: str
    allowed: Patterns


class NamespacePolicy(PolicyModel):
    """The limits of some namespaces, as patterns with `*`, `?` and `[...]`.

    An omitted list allows everything, an empty list nothing.
    """

    match: Annotated[tuple[str, ...], Field(min_length=1)]
    """Patterns for namespaces; the first matching entry of the policy applies."""

    accounts: Patterns = None
    """Accounts that pipelines can use."""

    regions: Patterns = None
    """Regions that pipelines can use."""

    roles: Patterns = None
    """Roles that `spec.roleArn` can name."""

    names: Patterns = None
    """Names that a spec can set for bucket, database, crawler, job, functions and topic."""

    scripts: Patterns = None
    """S3 URIs that `spec.job.script.s3Uri` can name."""

    keys: Patterns = None
    """KMS keys that `spec.bucket.kmsKeyArn` can name."""

    def of_spec(self, spec: DataPipelineSpec) -> Iterator[Usage]:
        """Yield all usages in a spec that the policy covers."""
        yield Usage("roleArn", spec.role_arn or "", self.roles)
        yield Usage("accountId", spec.account_id or "", self.accounts)
        yield Usage("region", spec.region or "", self.regions)
        yield Usage("bucket.kmsKeyArn", spec.bucket.kms_key_arn or "", self.keys)
        yield Usage("job.script.s3Uri", spec.job.script.s3_uri or "", self.scripts)
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
        yield from (Usage(field, name or "", self.names) for field, name in named.items())

    def of_identity(self, me: Identity) -> Iterator[Usage]:
        """Yield the account and region in which the operator acts, set in the spec or not."""
        yield Usage("accountId", me.account, self.accounts)
        yield Usage("region", me.region, self.regions)


EVERYTHING = NamespacePolicy(match=("*",))


class TenantPolicy(PolicyModel):
    """The tenant policy of an operator."""

    permissions_boundary: Annotated[
        str | None, Field(pattern=r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$")
    ] = None
    """The permissions boundary of every role that the operator creates."""

    namespaces: tuple[NamespacePolicy, ...] = (EVERYTHING,)
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
        _check(namespace, self._of(namespace).of_spec(spec))

    def check_identity(self, namespace: str, me: Identity) -> None:
        """Raise Refused if the policy forbids the account or region of *me*."""
        _check(namespace, self._of(namespace).of_identity(me))

    def _of(self, namespace: str) -> NamespacePolicy:
        for policy in self.namespaces:
            if any(fnmatchcase(namespace, pattern) for pattern in policy.match):
                return policy
        raise Refused(
            f"the tenant policy allows no pipelines in namespace {namespace}: use another"
            f" namespace, or {_ASK}"
        )


def _check(namespace: str, usages: Iterator[Usage]) -> None:
    for field, value, allowed in usages:
        if not value or allowed is None or any(fnmatchcase(value, each) for each in allowed):
            continue
        choice = f"use a value that matches {', '.join(allowed)}" if allowed else "remove the field"
        raise Refused(
            f"spec.{field}: the tenant policy does not allow {value} in namespace {namespace}:"
            f" {choice}, or {_ASK}"
        )
