"""Permissions: what IAM checks in a call to Glue or SQS, where ministack checks something else.

It takes every `Name` for a table's and every `DatabaseName` for a database's, and asks for actions
like `sqs:SendMessageBatch`, which AWS does not have: a policy that is right on AWS would be
refused, and a wrong one allowed.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions, iam_evaluator

_KINDS = {  # what an operation's name contains, and where its request names the resource
    "Crawler": ("crawler", ("Name", "CrawlerName")),
    "JobBookmark": ("job", ("JobName",)),
    "JobRun": ("job", ("JobName",)),
    "Job": ("job", ("JobName", "Name")),
    "Trigger": ("trigger", ("Name",)),
    "Workflow": ("workflow", ("Name",)),
}
_UNSCOPED = ("Classifier", "Crawlers", "Jobs", "Triggers", "Workflows", "SecurityConfiguration")


def install() -> None:
    """Have ministack check calls against the resources and actions that AWS documents for them."""
    their_resource = iam_actions.extract_resource_arn
    their_check = iam_evaluator.enforce

    def resource(service: str, *arguments: Any) -> Any:
        if service != "glue":
            return their_resource(service, *arguments)
        _method, _path, headers, body, _params, region, account = arguments
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        named = glue_resource(operation, json.loads(body or b"{}"))
        return (
            named
            if named == "*" or named.startswith("arn:")
            else (f"arn:aws:glue:{region}:{account}:{named}")
        )

    def check(
        key: str, action: str, service: str, region: str, resource_arn: str = "*", **context: Any
    ) -> Any:
        if service == "sqs":  # a batch needs what each of its messages needs
            action = action.removesuffix("Batch")
        for arn in with_parents(resource_arn) if service == "glue" else [resource_arn]:
            if denied := their_check(key, action, service, region, resource_arn=arn, **context):
                return denied
        return None

    iam_actions.extract_resource_arn = resource
    iam_evaluator.enforce = check


def glue_resource(operation: str, request: dict[str, Any]) -> str:
    """Return the resource of an operation as in an ARN's last part; `*` when it has none."""
    if "ResourceArn" in request:
        return str(request["ResourceArn"])
    if operation.endswith(_UNSCOPED):
        return "*"
    for part, (kind, fields) in _KINDS.items():
        if part in operation:
            name = next((request[field] for field in fields if field in request), None)
            return f"{kind}/{name}" if name else "*"
    return _catalog_resource(operation, request)


def _catalog_resource(operation: str, request: dict[str, Any]) -> str:
    database = request.get("DatabaseName")
    if database:
        names = (request.get("TableInput", {}).get("Name"), request.get("TableName"))
        table = next(filter(None, names), request.get("Name"))
        return f"table/{database}/{table or '*'}"
    name = request.get("DatabaseInput", {}).get("Name") or request.get("Name")
    return f"database/{name}" if "Database" in operation and name else "catalog"


def with_parents(arn: str) -> list[str]:
    """Return a resource and those that AWS checks with it: a table's database and the catalog."""
    prefix, kind, name = arn.rpartition(":")[0], *_split(arn.rpartition(":")[2])
    if kind == "table":
        return [arn, f"{prefix}:database/{name.partition('/')[0]}", f"{prefix}:catalog"]
    return [arn, f"{prefix}:catalog"] if kind == "database" else [arn]


def _split(resource: str) -> tuple[str, str]:
    kind, _, name = resource.partition("/")
    return kind, name
