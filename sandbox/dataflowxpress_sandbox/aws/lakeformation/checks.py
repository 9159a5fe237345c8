"""Checks: the permissions of Lake Formation that a call to Glue requires."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ministack.core.responses import get_account_id
from ministack.services import glue

from .permissions import Permissions, Securable

_ON_DATABASE = {
    "GetDatabase": "DESCRIBE",
    "UpdateDatabase": "ALTER",
    "DeleteDatabase": "DROP",
    "CreateTable": "CREATE_TABLE",
}
_ON_TABLE = {
    "GetTable": "DESCRIBE",
    "UpdateTable": "ALTER",
    "DeleteTable": "DROP",
    "GetPartition": "DESCRIBE",
    "GetPartitions": "DESCRIBE",
    "BatchGetPartition": "DESCRIBE",
    "BatchCreatePartition": "INSERT",
    "BatchUpdatePartition": "INSERT",
    "BatchDeletePartition": "DELETE",
    "DeletePartition": "DELETE",
}
_CRAWLER = ("CreateCrawler", "UpdateCrawler")


class Denial(NamedTuple):
    """An error response of Glue about permissions in Lake Formation."""

    code: str
    message: str


def denial(
    permissions: Permissions, caller: str, operation: str, request: dict[str, Any]
) -> Denial | None:
    """Return the error of a call without a permission that it needs, or None.

    Glue checks the role of a crawler when the crawler is created, and then reports an invalid
    input. What does not exist needs no permission: Glue answers that it is missing.
    """
    if operation == "CreateDatabase":
        return _creation(permissions, caller)
    if operation in _CRAWLER and request.get("DatabaseName"):
        role = str(request.get("Role", ""))
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{get_account_id()}:role/{role}"
        on = Securable(request["DatabaseName"])
        if _exists(on) and not permissions.allows(arn, "CREATE_TABLE", on):
            return Denial("InvalidInputException", _insufficient("Create Table", on))
    for permission, on in _needed(operation, request):
        if _exists(on) and not permissions.allows(caller, permission, on):
            words = permission.replace("_", " ").title()
            return Denial("AccessDeniedException", _insufficient(words, on))
    return None


def visible(permissions: Permissions, caller: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of GetTables without the tables that the caller must not see."""
    tables = [
        table
        for table in answer["TableList"]
        if permissions.allows(caller, "DESCRIBE", Securable(table["DatabaseName"], table["Name"]))
    ]
    return {**answer, "TableList": tables}


def _exists(what: Securable) -> bool:
    if not what.table:
        return what.database in glue._databases
    return f"{what.database}/{what.table}" in glue._tables


def created(operation: str, request: dict[str, Any]) -> Iterator[Securable]:
    """Yield the database or table that a successful call has created."""
    if operation == "CreateDatabase":
        yield Securable(request["DatabaseInput"]["Name"])
    if operation == "CreateTable":
        yield Securable(request["DatabaseName"], request["TableInput"]["Name"])


def deleted(operation: str, request: dict[str, Any]) -> Iterator[Securable]:
    """Yield the database or table that a successful call has deleted."""
    if operation == "DeleteDatabase":
        yield Securable(request["Name"])
    if operation == "DeleteTable":
        yield Securable(request["DatabaseName"], request["Name"])


def _creation(permissions: Permissions, caller: str) -> Denial | None:
    if not permissions.governs_new_databases or caller in permissions.admins:
        return None
    return Denial(
        "AccessDeniedException",
        "Insufficient Lake Formation permission(s): Required Create Database on Catalog",
    )


def _needed(operation: str, request: dict[str, Any]) -> Iterator[tuple[str, Securable]]:
    if permission := _ON_DATABASE.get(operation):
        yield permission, Securable(request.get("DatabaseName") or request["Name"])
    if permission := _ON_TABLE.get(operation):
        given = request.get("TableName") or request.get("TableInput", {}).get("Name")
        yield permission, Securable(request["DatabaseName"], given or request["Name"])


def _insufficient(words: str, on: Securable) -> str:
    return (
        f"Insufficient Lake Formation permission(s): Required {words} on {on.table or on.database}"
    )
