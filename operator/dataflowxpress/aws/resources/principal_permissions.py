"""Lake Formation permissions: the access of a role to a database and all of its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dataflowxpress.api.resource_id import Id, Key
from dataflowxpress.planning.resource import Resource, State, Tags

from .database import Database
from .role import Role

NEEDED = {  # a crawler creates and changes tables, and the job also writes and replaces them
    "Database": ["CREATE_TABLE", "DESCRIBE"],
    "Tables": ["ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"],
}

ALL_TABLES = "ALL_TABLES"  # the name of all tables in answers of Lake Formation


@dataclass(frozen=True, kw_only=True)
class PrincipalPermissions(Resource):
    """The permissions of one role; the operator revokes all others.

    Lake Formation checks them in addition to IAM, if it governs the database.
    """

    service = "lakeformation"
    calls = 2

    role: Role
    database: Database

    @property
    def key(self) -> Key:
        """The role's ARN and the database."""
        return (self.role.arn, self.database.name)

    @staticmethod
    def parents(role: str, database: str) -> tuple[Id, ...]:
        return Id("Role", (role.rpartition("/")[2],)), Id("Database", (database,))

    def desired(self) -> State:
        return NEEDED

    @staticmethod
    def read(lakeformation: Any, role: str, database: str) -> State | None:
        have = {
            part: sorted(set(_granted(lakeformation, role, resource)))
            for part, resource in _resources(database).items()
        }
        return have if any(have.values()) else None

    def create(self, lakeformation: Any, want: State, tags: Tags) -> None:
        for part, resource in _resources(self.database.name).items():
            about = {**_to(self.role.arn), "Resource": resource}
            lakeformation.grant_permissions(**about, Permissions=want[part])

    def update(self, lakeformation: Any, want: State, changed: frozenset[str]) -> None:
        have = self.read(lakeformation, *self.key) or {}
        for part, resource in _resources(self.database.name).items():
            about = {**_to(self.role.arn), "Resource": resource}
            if missing := sorted({*want[part]} - {*have.get(part, ())}):
                lakeformation.grant_permissions(**about, Permissions=missing)
            if surplus := sorted({*have.get(part, ())} - {*want[part]}):
                lakeformation.revoke_permissions(**about, Permissions=surplus)

    @staticmethod
    def delete(lakeformation: Any, role: str, database: str) -> None:
        have = PrincipalPermissions.read(lakeformation, role, database) or {}
        for part, resource in _resources(database).items():
            if have.get(part):
                lakeformation.revoke_permissions(
                    **_to(role), Resource=resource, Permissions=have[part]
                )


def _to(role: str) -> dict[str, Any]:
    return {"Principal": {"DataLakePrincipalIdentifier": role}}


def _resources(database: str) -> dict[str, dict[str, Any]]:
    tables = {"DatabaseName": database, "TableWildcard": {}}
    return {"Database": {"Database": {"Name": database}}, "Tables": {"Table": tables}}


def _granted(lakeformation: Any, role: str, resource: dict[str, Any]) -> Iterator[str]:
    """Yield the permissions on *resource*; Lake Formation lists SELECT in an entry of its own.

    It can also list single tables, on which their creator has implicit permissions.
    """
    more: dict[str, str] = {}
    while True:
        page = lakeformation.list_permissions(**_to(role), Resource=resource, **more)
        for entry in page["PrincipalResourcePermissions"]:
            if _is_whole(entry["Resource"]):
                yield from entry["Permissions"]
        if not (token := page.get("NextToken")):
            return
        more = {"NextToken": token}


def _is_whole(resource: dict[str, Any]) -> bool:
    """Return whether an entry is about a database or all of its tables, not about one table."""
    table = resource.get("Table") or resource.get("TableWithColumns")
    return table is None or "TableWildcard" in table or table.get("Name") == ALL_TABLES
