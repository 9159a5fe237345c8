"""Resources: the ARN that a call is checked against, where ministack takes another one.

It takes every `Name` in a call to Glue for a table's, knows no rule by `Rule`, no path of a role,
and for many calls nothing but `*`: a policy that is right on AWS would be refused, and a wrong one
allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import iam

from .request import Request

_KINDS = {  # what an operation's name contains, and where its request names the resource
    "Crawler": ("crawler", ("Name", "CrawlerName")),
    "JobBookmark": ("job", ("JobName",)),
    "JobRun": ("job", ("JobName",)),
    "Job": ("job", ("JobName", "Name")),
    "Trigger": ("trigger", ("Name",)),
    "Workflow": ("workflow", ("Name",)),
}
_UNSCOPED = ("Classifier", "Crawlers", "Jobs", "Triggers", "Workflows", "SecurityConfiguration")


def resource_of(request: Request) -> str | None:
    """Return the ARN that AWS checks; None where ministack's own answer is right."""
    of_service = _SERVICES.get(request.service)
    return of_service(request) if of_service else None


def _of_glue(request: Request) -> str:
    named = glue_resource(request.operation, request.fields)
    return named if named == "*" or named.startswith("arn:") else request.arn("glue", named)


def glue_resource(operation: str, request: Mapping[str, Any]) -> str:
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


def _catalog_resource(operation: str, request: Mapping[str, Any]) -> str:
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


def _of_events(request: Request) -> str | None:
    """Return a rule of the default bus as AWS spells it: without the bus' name."""
    said = request.fields
    name = said.get("Rule") or said.get("RuleName") or said.get("Name")
    if not name or said.get("EventBusName", "default") != "default":
        return str(said["ResourceARN"]) if "ResourceARN" in said else None
    return request.arn("events", f"rule/{name}")


def _of_iam(request: Request) -> str | None:
    """Return a role with its path, which is part of the name in an ARN, once it has one."""
    name = request.fields.get("RoleName")
    if not name:
        return None
    path = str(request.fields.get("Path") or "/")
    found = iam._roles.get(name)
    return found["Arn"] if found else request.arn("iam", f"role{path}{name}")


def _of_alarms(request: Request) -> str | None:
    said = request.fields
    if "ResourceARN" in said:
        return str(said["ResourceARN"])
    named = [said["AlarmName"]] if "AlarmName" in said else said.get("AlarmNames", [])
    is_read = request.operation.startswith("Describe")
    return request.arn("cloudwatch", f"alarm:{named[0]}") if named and not is_read else "*"


def _of_topics(request: Request) -> str | None:
    return request.fields.get("ResourceArn")


def _of_functions(request: Request) -> str | None:
    """Return the function that is made: the path does not name it yet."""
    if request.method != "POST" or not request.path.endswith("/functions"):
        return None
    return request.arn("lambda", f"function:{request.fields.get('FunctionName', '')}")


_SERVICES = {
    "glue": _of_glue,
    "events": _of_events,
    "iam": _of_iam,
    "lambda": _of_functions,
    "monitoring": _of_alarms,
    "sns": _of_topics,
}
