"""Service role: Glue assumes the role of a crawler or a job, and Scheduler that of a schedule.

They make all their calls over HTTP with these credentials. A missing permission of the role
therefore fails like on AWS.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ministack.core.responses import get_account_id
from ministack.services import sts

from .credentials import Credentials
from .iam import trust
from .iam.roles import record, role_name

if TYPE_CHECKING:
    from . import Aws

_GLUE = "glue.amazonaws.com"


class CannotAssumeError(Exception):
    """The role does not exist, or its trust policy does not allow the service."""


def assume(aws: Aws, role: str, session_name: str, service: str = _GLUE) -> Credentials:
    """Return the credentials of *service* for a role, given by name or ARN."""
    name = role_name(role)
    check_trust(name, service)
    account = get_account_id()
    credentials = Credentials(
        aws,
        access_key=f"ASIA{secrets.token_hex(8).upper()}",
        secret=secrets.token_hex(20),
        token=secrets.token_hex(32),
    )
    registered = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        "UserId": f"{name}:{session_name}",
        "SecretAccessKey": credentials.secret,
        "SessionToken": credentials.token,
    }
    sts.register_session(credentials.access_key, registered)
    return credentials


def check_trust(name: str, service: str = _GLUE) -> None:
    """Raise `CannotAssumeError` unless the role exists and trusts *service*."""
    if record(name) is None:
        raise CannotAssumeError(f"Role {name} cannot be found")
    if not trust.trusts(name, service):
        raise CannotAssumeError(
            f"Service is unable to assume provided role. Please verify the TrustPolicy of {name}"
        )
