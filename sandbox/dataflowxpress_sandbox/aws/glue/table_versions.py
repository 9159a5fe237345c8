"""Table versions: the archive of a table's definitions, which UpdateTable extends.

ministack keeps only the newest definition and its `VersionId`.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import glue

from .errors import GlueError, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]


class TableVersions:
    """The earlier versions of all tables; the newest one is the table itself."""

    def __init__(self) -> None:
        self._archive: dict[tuple[str, ...], list[Json]] = {}  # oldest first

    def operations(self) -> dict[str, Callable[[Json], Json]]:
        """Return the operations by name."""
        return {
            "UpdateTable": self.update,
            "DeleteTable": self.delete,
            "GetTableVersions": self.get_all,
        }

    def update(self, request: Json) -> Json:
        """UpdateTable: archives the definition before it, unless the request says not to."""
        name = request.get("TableInput", {}).get("Name")
        before = copy.deepcopy(glue._tables.get(f"{request.get('DatabaseName')}/{name}"))
        _checked(glue._update_table(request))
        if before and not request.get("SkipArchive"):
            self._archive.setdefault(_key(request, name), []).append(before)
        return {}

    def delete(self, request: Json) -> Json:
        """DeleteTable: deletes the versions, too."""
        _checked(glue._delete_table(request))
        self._archive.pop(_key(request, request.get("Name")), None)
        return {}

    def get_all(self, request: Json) -> Json:
        """GetTableVersions: newest first."""
        database, name = request.get("DatabaseName"), request.get("TableName")
        current = glue._tables.get(f"{database}/{name}")
        if current is None:
            raise not_found("Table", name)
        versions = [current, *reversed(self._archive.get(_key(request, name), []))]
        begin = int(request.get("NextToken") or 0)
        end = begin + int(request.get("MaxResults") or 100)
        found = [{"Table": each, "VersionId": each["VersionId"]} for each in versions[begin:end]]
        return {"TableVersions": found} | ({"NextToken": str(end)} if versions[end:] else {})


def _key(request: Json, name: Any) -> tuple[str, ...]:
    return get_account_id(), get_region(), str(request.get("DatabaseName")), str(name)


def _checked(answer: tuple[int, Any, bytes]) -> None:
    """Raise the error of an answer of ministack."""
    status, _, body = answer
    if status >= 400:  # noqa: PLR2004 - HTTP
        error = json.loads(body)
        raise GlueError(error["__type"], error["message"])
