"""Tenancy: the policy that limits which AWS resources the pipelines of a namespace can use.

The operator checks it before any call to AWS other than the one that returns its identity. Without
a file, the policy is closed: pipelines use only names that the operator derives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, ValidationError

from dataflowxpress.api.errors import Refused
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.clients import Identity

from .namespace_policy import DERIVED_NAMES, EVERYTHING, NamespacePolicy, PolicyModel, Usage

_ASK = "ask the administrator of the operator to extend the tenant policy"


class InvalidTenantPolicy(Exception):
    """The policy file is invalid; the message names the place and the error."""


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
