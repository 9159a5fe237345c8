"""Rules: what the pipelines of a namespace may use in AWS, as whoever runs the operator says.

They are looked at before any call to AWS, but for the one that asks who we are.
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


class InvalidTenantPolicy(Exception):
    """The file cannot be used; says where it is wrong, and how."""


class PolicyModel(BaseModel):
    """What all parts of the rules share."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, use_attribute_docstrings=True
    )


class Asked(NamedTuple):
    """Something in AWS that a spec names."""

    field: str
    value: str
    allowed: Patterns


class NamespacePolicy(PolicyModel):
    """What the pipelines of some namespaces may use: patterns with `*`, `?` and `[...]`.

    Of a list that is left out everything is allowed, of an empty one nothing.
    """

    match: Annotated[tuple[str, ...], Field(min_length=1)]
    """Which namespaces; the first entry that matches counts."""

    accounts: Patterns = None
    """Accounts that pipelines may be in."""

    regions: Patterns = None
    """Regions that pipelines may be in."""

    roles: Patterns = None
    """Roles that `spec.roleArn` may name."""

    names: Patterns = None
    """Names that a spec may choose for bucket, database, crawler, job, functions and topic."""

    scripts: Patterns = None
    """Where `spec.job.script.s3Uri` may point to."""

    keys: Patterns = None
    """KMS keys that `spec.bucket.kmsKeyArn` may name."""

    def of_spec(self, spec: DataPipelineSpec) -> Iterator[Asked]:
        """Yield all that the spec names and that a rule is about."""
        yield Asked("roleArn", spec.role_arn or "", self.roles)
        yield Asked("accountId", spec.account_id or "", self.accounts)
        yield Asked("region", spec.region or "", self.regions)
        yield Asked("bucket.kmsKeyArn", spec.bucket.kms_key_arn or "", self.keys)
        yield Asked("job.script.s3Uri", spec.job.script.s3_uri or "", self.scripts)
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
        yield from (Asked(field, name or "", self.names) for field, name in named.items())

    def of_identity(self, me: Identity) -> Iterator[Asked]:
        """Yield where the operator would act, whether or not the spec says so."""
        yield Asked("accountId", me.account, self.accounts)
        yield Asked("region", me.region, self.regions)


EVERYTHING = NamespacePolicy(match=("*",))


class TenantPolicy(PolicyModel):
    """The rules of an operator."""

    permissions_boundary: Annotated[
        str | None, Field(pattern=r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/.+$")
    ] = None
    """A policy that bounds every role which the operator makes."""

    namespaces: tuple[NamespacePolicy, ...] = (EVERYTHING,)
    """The rules of each namespace; a namespace that none matches may have no pipelines."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a YAML file; raises InvalidRules."""
        try:
            return cls.model_validate(yaml.safe_load(file.read_text()) or {})
        except OSError as error:
            raise InvalidTenantPolicy(f"{file}: {error.strerror}") from None
        except yaml.YAMLError as error:
            raise InvalidTenantPolicy(f"{file} is no YAML: {error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise InvalidTenantPolicy(f"{file}: {where}: {first['msg']}") from None

    def check_spec(self, namespace: str, spec: DataPipelineSpec) -> None:
        """Raise Refused, with field and cure, for what the namespace may not use."""
        _check(namespace, self._of(namespace).of_spec(spec))

    def check_identity(self, namespace: str, me: Identity) -> None:
        """Raise Refused where the namespace may not act as *me*."""
        _check(namespace, self._of(namespace).of_identity(me))

    def _of(self, namespace: str) -> NamespacePolicy:
        for rules in self.namespaces:
            if any(fnmatchcase(namespace, pattern) for pattern in rules.match):
                return rules
        raise Refused(
            f"namespace {namespace} may have no pipelines: use another namespace, or ask whoever"
            " runs the operator for a rule"
        )


def _check(namespace: str, asked: Iterator[Asked]) -> None:
    for field, value, allowed in asked:
        if not value or allowed is None or any(fnmatchcase(value, each) for each in allowed):
            continue
        choice = f"choose one that matches {', '.join(allowed)}" if allowed else "leave it out"
        raise Refused(
            f"spec.{field}: namespace {namespace} may not use {value}: {choice}, or ask whoever"
            " runs the operator for a rule"
        )
