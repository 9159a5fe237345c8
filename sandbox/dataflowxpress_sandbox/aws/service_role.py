"""Service role: how Glue becomes the role of a crawler or a job, and what it can do then.

Everything that a crawl or a run does goes over HTTP with these credentials, so a permission that
the role lacks fails here as it fails on AWS.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, sts

from .credentials import Credentials

if TYPE_CHECKING:
    from . import Aws

_GLUE = "glue.amazonaws.com"


class CannotAssumeError(Exception):
    """The role does not exist, or does not let Glue assume it."""


def assume(aws: Aws, role: str, session_name: str) -> Credentials:
    """Assume a role, given by name or ARN, as the Glue service."""
    name = role_name(role)
    check_trust(name)
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


def role_name(role: str) -> str:
    """Return the name of a role that is given by name, path and name, or ARN."""
    return role.rsplit("/", 1)[-1]


def check_trust(name: str) -> None:
    """Raise `CannotAssumeError` unless the role exists and lets Glue assume it."""
    role = iam._roles.get(name)
    if role is None:
        raise CannotAssumeError(f"Role {name} cannot be found")
    document = role.get("AssumeRolePolicyDocument") or {}
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    concerning = [
        statement
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if iam_evaluator._service_principal_matches(statement.get("Principal"), _GLUE)
    ]
    # The evaluator takes root's calls for a service's: what is left names this service.
    root = f"arn:aws:iam::{get_account_id()}:root"
    if not iam_evaluator.evaluate_trust_policy({"Statement": concerning}, root):
        raise CannotAssumeError(
            f"Service is unable to assume provided role. Please verify the TrustPolicy of {name}"
        )
