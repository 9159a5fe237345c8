"""Policy scope: the limits of the operator's policies, and their statements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dataflowxpress.planning.ownership import OWNER_TAG
from dataflowxpress.planning.resource import Resource

from .resources import LogGroup
from .resources.log_group import OF_ENCRYPTED_CRAWLERS, OF_FUNCTIONS, OF_JOBS
from .resources.policy import Statement

ANY_RESOURCE = ("*",)  # for actions that do not support resource-level permissions
TAGGED = {"Null": {f"aws:ResourceTag/{OWNER_TAG}": "false"}}
# A bucket that does not exist has no account: S3 must report that it is absent.
IN_ACCOUNT_IF_KNOWN = {"StringEqualsIfExists": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}


class PolicyScope(NamedTuple):
    """Limits of the operator policy; the default allows every name."""

    prefixes: tuple[str, ...] = ("",)  # of the names of the resources that the operator creates
    boundary: str = ""  # ARN of the permissions boundary that every role must have
    keys: tuple[str, ...] = ("arn:*:kms:*:*:key/*",)  # that S3 uses for the operator
    accounts: tuple[str, ...] = ()  # of the roles in `spec.roleArn`; by default the operator's own
    organization: str = ""  # ID of the organization of the roles in `spec.roleArn`

    def arns(self, *kinds: type[Resource]) -> tuple[str, ...]:
        """Return ARN patterns for the resources of these kinds."""
        return tuple(self.patterns(*(kind.arn_format for kind in kinds)))

    def patterns(self, *formats: str) -> Iterator[str]:
        """Yield each ARN format with each allowed name prefix."""
        for arn in formats:
            for prefix in self.prefixes:
                # Database names contain only these characters.
                name = re.sub(r"[^a-z0-9_]", "_", prefix) if "{database}" in arn else prefix
                names = {"name": f"{name}*", "database": f"{name}*"}
                yield arn.format(partition="*", region="*", account="*", **names)

    def log_groups(self) -> Iterator[str]:
        """Yield ARN patterns for the log groups of functions and jobs."""
        return self._groups(OF_FUNCTIONS, OF_JOBS)

    def crawler_log_groups(self) -> Iterator[str]:
        """Yield ARN patterns for the log groups of crawlers with a security configuration."""
        return self._groups(OF_ENCRYPTED_CRAWLERS)

    def _groups(self, *folders: str) -> Iterator[str]:
        groups = (LogGroup.arn_format.replace("{name}", f"{folder}{{name}}") for folder in folders)
        return self.patterns(*groups)


UNRESTRICTED = PolicyScope()


def allow(sid: str, actions: str, on: tuple[str, ...], when: Mapping[str, Any] = {}) -> Statement:
    """Return a statement.

    *actions* is a comma-separated list of services, each followed by the names of its actions.
    """
    services = (each.split() for each in actions.split(","))
    listed = sorted(f"{service}:{name}" for service, *names in services for name in names)
    statement = {"Sid": sid, "Effect": "Allow", "Action": listed, "Resource": sorted({*on})}
    return {**statement, "Condition": when} if when else statement


def as_text(policy: Mapping[str, Any]) -> str:
    """Return a policy document as JSON text."""
    return json.dumps(policy, indent=2) + "\n"
