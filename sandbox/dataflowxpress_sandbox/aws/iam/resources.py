"""Resources: the ARN that AWS checks for a call, for calls with a different one in ministack.

ministack treats each `Name` in a Glue call as a table, ignores the field `Rule` and the path of a
role, and uses `*` for many calls. It would reject policies that are correct on AWS, and accept
others that are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import iam

from .request import Request

_KINDS = {  # by a part of the operation's name: the kind and the fields with the resource's name
    "Crawler": ("crawler", ("Name", "CrawlerName")),
    "JobBookmark": ("job", ("JobName",)),
    "JobRun": ("job", ("JobName",)),
    "Job": ("job", ("JobName", "Name")),
    "Trigger": ("trigger", ("Name",)),
    "Workflow": ("workflow", ("Name",)),
}
_UNSCOPED = (
    *("Classifier", "Crawlers", "Jobs", "Triggers", "Workflows", "SecurityConfiguration"),
    "CreateCrawler",  # the only creation without a resource, see the authorization reference
)


def resource_of(request: Request) -> str | None:
    """Return the ARN that AWS checks, or None if ministack's own ARN is correct."""
    of_service = _SERVICES.get(request.service)
    return of_service(request) if of_service else None


def _of_glue(request: Request) -> str:
    resource = glue_resource(request.operation, request.fields)
    is_final = resource == "*" or resource.startswith("arn:")
    return resource if is_final else request.arn("glue", resource)


def glue_resource(operation: str, request: Mapping[str, Any]) -> str:
    """Return the last part of the ARN of an operation's resource, or `*` if it has none."""
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
    """Return a resource and its parents, which AWS also checks: database and catalog."""
    prefix, kind, name = arn.rpartition(":")[0], *_split(arn.rpartition(":")[2])
    if kind == "table":
        return [arn, f"{prefix}:database/{name.partition('/')[0]}", f"{prefix}:catalog"]
    return [arn, f"{prefix}:catalog"] if kind == "database" else [arn]


def _split(resource: str) -> tuple[str, str]:
    kind, _, name = resource.partition("/")
    return kind, name


def _of_events(request: Request) -> str | None:
    """Return the ARN of a rule on the default bus, which does not contain the name of the bus."""
    fields = request.fields
    name = fields.get("Rule") or fields.get("RuleName") or fields.get("Name")
    if not name or fields.get("EventBusName", "default") != "default":
        return str(fields["ResourceARN"]) if "ResourceARN" in fields else None
    return request.arn("events", f"rule/{name}")


def _of_iam(request: Request) -> str | None:
    """Return the ARN of a role, which contains its path."""
    name = request.fields.get("RoleName")
    if not name:
        return None
    path = str(request.fields.get("Path") or "/")
    found = iam._roles.get(name)
    return found["Arn"] if found else request.arn("iam", f"role{path}{name}")


def _of_alarms(request: Request) -> str | None:
    fields = request.fields
    if "ResourceARN" in fields:
        return str(fields["ResourceARN"])
    names = [fields["AlarmName"]] if "AlarmName" in fields else fields.get("AlarmNames", [])
    is_read = request.operation.startswith("Describe")
    return request.arn("cloudwatch", f"alarm:{names[0]}") if names and not is_read else "*"


def _of_topics(request: Request) -> str | None:
    return request.fields.get("ResourceArn")


def _of_ec2(request: Request) -> str:
    """Return the ARN of a network interface; the subnet of a new one is an implied permission."""
    fields = request.fields
    if request.operation == "CreateNetworkInterface":
        return request.arn("ec2", "network-interface/*")
    found = fields.get("NetworkInterfaceId") or fields.get("ResourceId.1", "")
    return request.arn("ec2", f"network-interface/{found}") if found.startswith("eni-") else "*"


def _of_functions(request: Request) -> str | None:
    """Return the ARN of a function at its creation, whose path does not name it."""
    if request.method != "POST" or not request.path.endswith("/functions"):
        return None
    return request.arn("lambda", f"function:{request.fields.get('FunctionName', '')}")


_SERVICES = {
    "ec2": _of_ec2,
    "glue": _of_glue,
    "events": _of_events,
    "iam": _of_iam,
    "lakeformation": lambda _: "*",  # its actions support no resources
    "lambda": _of_functions,
    "monitoring": _of_alarms,
    "sns": _of_topics,
}
