"""Permissions: who can do what with which database or table. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

EVERYBODY = "IAM_ALLOWED_PRINCIPALS"  # all principals that IAM allows
ALL = "ALL"
EVERY_TABLE = "*"
_DEFAULT = [{"Principal": {"DataLakePrincipalIdentifier": EVERYBODY}, "Permissions": [ALL]}]


class Securable(NamedTuple):
    """A database, or one or all of its tables."""

    database: str
    table: str = ""

    @classmethod
    def of(cls, resource: dict[str, Any]) -> Securable:
        """Return the subject of a call to Lake Formation."""
        if "Database" in resource:
            return cls(resource["Database"]["Name"])
        table = resource.get("Table") or resource.get("TableWithColumns") or {}
        return cls(table["DatabaseName"], table.get("Name", EVERY_TABLE))


@dataclass
class Permissions:
    """The settings of the data lake, and all grants."""

    admins: set[str] = field(default_factory=set)
    defaults: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            "CreateDatabaseDefaultPermissions": _DEFAULT,
            "CreateTableDefaultPermissions": _DEFAULT,
        }
    )
    grants: dict[tuple[str, Securable], set[str]] = field(default_factory=dict)

    def grant(self, principal: str, on: Securable, permissions: list[str]) -> None:
        """Add permissions to those that the principal has."""
        self.grants.setdefault((principal, on), set()).update(permissions)

    def revoke(self, principal: str, on: Securable, permissions: list[str]) -> bool:
        """Remove permissions; return whether the principal had all of them."""
        have = self.grants.get((principal, on), set())
        if not have.issuperset(permissions):
            return False
        have.difference_update(permissions)
        return True

    def created(self, by: str, what: Securable) -> None:
        """Record a new database or table: its creator has all permissions, and so has the default.

        The creator of a database has none on the tables that others create in it.
        """
        kind = "Table" if what.table else "Database"
        for default in self.defaults[f"Create{kind}DefaultPermissions"]:
            identifier = default["Principal"]["DataLakePrincipalIdentifier"]
            self.grant(identifier, what, default["Permissions"])
        self.grant(by, what, [ALL])

    def deleted(self, what: Securable) -> None:
        """Forget all grants on a table, or on a database with its tables."""
        gone = [
            (principal, on)
            for principal, on in self.grants
            if on == what or (not what.table and on.database == what.database)
        ]
        for each in gone:
            del self.grants[each]

    def allows(self, principal: str, permission: str, on: Securable) -> bool:
        """Return whether the principal has the permission, also through everybody's."""
        if principal in self.admins:
            return True
        places = {on, on._replace(table=EVERY_TABLE)} if on.table else {on}
        return any(
            {permission, ALL} & self.grants.get((who, where), set())
            for who in (principal, EVERYBODY)
            for where in places
        )

    @property
    def governs_new_databases(self) -> bool:
        """Whether only administrators can create databases."""
        return not self.defaults["CreateDatabaseDefaultPermissions"]
