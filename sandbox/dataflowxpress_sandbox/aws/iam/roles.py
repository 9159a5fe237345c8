"""Roles: finds ministack's record of a role that a call names in one of several forms."""

from __future__ import annotations

from typing import Any

from ministack.services import iam


def role_name(role: str) -> str:
    """Return the name of a role from its name, its path and name, or its ARN."""
    return role.rsplit("/", 1)[-1]


def record(role: str) -> dict[str, Any] | None:
    """Return the record of a role, given as for `role_name`; None if the role does not exist."""
    found: dict[str, Any] | None = iam._roles.get(role_name(role))
    return found
