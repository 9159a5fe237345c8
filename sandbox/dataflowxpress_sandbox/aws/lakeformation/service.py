"""Service: the operations of Lake Formation, and its checks before those of Glue."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import glue, iam

from .checks import created, deleted, denial, visible
from .permissions import Permissions, Securable

_NAME = "lakeformation"


class _Error(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def install() -> None:
    """Add Lake Formation to ministack in this process."""
    service = Service()
    router.SERVICE_PATTERNS[_NAME] = {}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[_NAME] = _NAME
    app.SERVICE_HANDLERS[_NAME] = service.handle
    glue._handle_request_sync = service.checked(glue._handle_request_sync)


def principal_of(headers: Any, query: Any) -> str:
    """Return the ARN of the caller's user or role, not of its session."""
    arn = str(iam_evaluator.request_caller_arn(headers, query))
    if ":assumed-role/" not in arn:
        return arn
    role = iam._roles.get(arn.split("/")[1]) or {}
    return str(role.get("Arn", arn))


class Service:
    """Lake Formation in all accounts and regions."""

    def __init__(self) -> None:
        self._of_regions: dict[tuple[str, str], Permissions] = {}

    @property
    def _permissions(self) -> Permissions:
        """The permissions in the account and region of the call."""
        return self._of_regions.setdefault((get_account_id(), get_region()), Permissions())

    async def handle(self, _method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        """Handle a call to Lake Formation."""
        operations: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "GetDataLakeSettings": self._get_settings,
            "PutDataLakeSettings": self._put_settings,
            "GrantPermissions": self._grant,
            "RevokePermissions": self._revoke,
            "ListPermissions": self._list,
        }
        operation = operations.get(path.strip("/"))
        if operation is None:
            return error_response_json("UnknownOperationException", path, 404)
        try:
            caller = principal_of(headers, query)
            return json_response(operation(caller, json.loads(body or b"{}")))
        except _Error as error:
            return error_response_json(error.code, error.message, 400)

    def checked(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return Glue's handler with the checks of Lake Formation before it."""

        def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            request = json.loads(body or b"{}")
            caller, permissions = principal_of(headers, query), self._permissions
            is_root = caller.endswith(":root")
            if not is_root and (denied := denial(permissions, caller, operation, request)):
                return error_response_json(denied.code, denied.message, 400)
            answer = original(method, path, headers, body, query)
            if answer[0] != 200:  # noqa: PLR2004 - HTTP's
                return answer
            for what in created(operation, request):
                permissions.created(caller, what)
            for what in deleted(operation, request):
                permissions.deleted(what)
            if operation == "GetTables" and not is_root:
                return json_response(visible(permissions, caller, json.loads(answer[2])))
            return answer

        return handle

    def _get_settings(self, _caller: str, _request: dict[str, Any]) -> dict[str, Any]:
        admins = [
            {"DataLakePrincipalIdentifier": each} for each in sorted(self._permissions.admins)
        ]
        return {"DataLakeSettings": {"DataLakeAdmins": admins, **self._permissions.defaults}}

    def _put_settings(self, _caller: str, request: dict[str, Any]) -> dict[str, Any]:
        settings = request["DataLakeSettings"]
        self._permissions.admins = {
            each["DataLakePrincipalIdentifier"] for each in settings.get("DataLakeAdmins", [])
        }
        self._permissions.defaults = {
            name: settings.get(name, []) for name in self._permissions.defaults
        }
        return {}

    def _grant(self, caller: str, request: dict[str, Any]) -> dict[str, Any]:
        principal, on = self._subject(caller, request)
        role = principal.rpartition("/")[2]
        if ":role/" in principal and role not in iam._roles:
            raise _Error("InvalidInputException", f"Invalid principal, {principal}")
        self._permissions.grant(principal, on, request["Permissions"])
        return {}

    def _revoke(self, caller: str, request: dict[str, Any]) -> dict[str, Any]:
        principal, on = self._subject(caller, request)
        if not self._permissions.revoke(principal, on, request["Permissions"]):
            raise _Error(
                "InvalidInputException",
                "No permissions revoked. Grantee does not have these permissions on the resource.",
            )
        return {}

    def _subject(self, caller: str, request: dict[str, Any]) -> tuple[str, Securable]:
        on = Securable.of(request["Resource"])
        self._check_database(on.database)
        if caller not in self._permissions.admins and not caller.endswith(":root"):
            raise _Error(
                "AccessDeniedException",
                f"Insufficient Lake Formation permission(s) on {on.database}",
            )
        return request["Principal"]["DataLakePrincipalIdentifier"], on

    def _list(self, _caller: str, request: dict[str, Any]) -> dict[str, Any]:
        """ListPermissions: SELECT on tables has an entry of its own, about their columns.

        An answer about all tables also lists single tables with permissions of their own.
        """
        on = Securable.of(request["Resource"])
        self._check_database(on.database)
        principal = request["Principal"]["DataLakePrincipalIdentifier"]
        have = self._permissions.grants.get((principal, on), set())
        columns = {"SELECT"} if on.table else set()
        grants = self._permissions.grants.items() if on.table else ()
        single = [
            ({"Table": {"DatabaseName": each.database, "Name": each.table}}, permissions)
            for (who, each), permissions in grants
            if who == principal
            and each.database == on.database
            and each.table not in {"", on.table}
        ]
        parts = (request["Resource"], have - columns), (_columns(on), have & columns), *single
        entries = [
            {
                "Principal": request["Principal"],
                "Resource": resource,
                "Permissions": sorted(permissions),
                "PermissionsWithGrantOption": [],
            }
            for resource, permissions in parts
            if permissions
        ]
        return {"PrincipalResourcePermissions": entries}

    @staticmethod
    def _check_database(name: str) -> None:
        if name not in glue._databases:
            raise _Error("EntityNotFoundException", f"Database {name} not found.")


def _columns(on: Securable) -> dict[str, Any]:
    table = {"DatabaseName": on.database, "Name": "ALL_TABLES", "ColumnWildcard": {}}
    return {"TableWithColumns": table}
