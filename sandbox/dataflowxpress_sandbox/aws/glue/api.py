"""API: the Glue operations of the sandbox, in front of those of ministack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue

from . import classifiers, security
from .crawlers import Crawlers
from .errors import GlueError
from .jobs import Jobs
from .table_versions import TableVersions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dataflowxpress_sandbox.aws import Aws


def install(aws: Aws, directory: Path) -> Jobs:
    """Install the operations in this process' Glue; return the jobs, which must end with it."""
    original = glue._handle_request_sync
    jobs = Jobs(aws, directory)
    operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        **jobs.operations(),
        **Crawlers(aws).operations(),
        **TableVersions().operations(),
        "UpdateClassifier": classifiers.update,
        "CreateSecurityConfiguration": security.create,
    }

    def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        operation = operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return original(method, path, headers, body, query)
        try:
            return json_response(operation(json.loads(body or b"{}")))
        except GlueError as error:
            return error_response_json(error.code, error.message, 400)

    glue._handle_request_sync = handle
    return jobs
