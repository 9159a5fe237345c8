"""Lists: pages, and members that lists lack, of the list calls that ministack answers in full."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from ministack.core.responses import json_response
from ministack.services import glue, iam, lambda_svc, tagging

Handler = Callable[[Any], Any]

_GLUE = {  # the list in the answer, the operation, and the size of a page unless asked for
    "Crawlers": ("_get_crawlers", 100),
    "Jobs": ("_get_jobs", 100),
    "DatabaseList": ("_get_databases", 100),
    "Classifiers": ("_get_classifiers", 100),
}
_RESOURCES, _FUNCTIONS, _MAPPINGS, _IDENTITIES = 100, 50, 100, 100
# ListFunctions returns a part of the configuration; these members are in GetFunction only:
# https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
_NOT_LISTED = {
    *("State", "StateReason", "StateReasonCode", "RuntimeVersionConfig"),
    *("LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"),
}
_IAM = "{https://iam.amazonaws.com/doc/2010-05-08/}"
_SUCCESS = 200


def install() -> None:
    """Page the lists in this process."""
    for member, (name, size) in _GLUE.items():
        setattr(glue, name, _paged_glue(getattr(glue, name), member, size))
    tagging._HANDLERS["GetResources"] = _paged_resources(tagging._get_resources)
    lambda_svc._list_functions = _listed_functions(lambda_svc._list_functions)
    lambda_svc._list_esms = _at_most(lambda_svc._list_esms, _MAPPINGS)
    name = "GetAccountAuthorizationDetails"
    iam._IAM_HANDLERS[name] = _paged_identities(iam._IAM_HANDLERS[name])


def _page(items: list[Any], token: str | None, size: int) -> tuple[list[Any], str | None]:
    """Return a page, and the token of the next one."""
    start = int(token or 0)
    end = start + size
    return items[start:end], str(end) if end < len(items) else None


def _paged_glue(original: Handler, member: str, default: int) -> Handler:
    def handle(request: dict[str, Any]) -> Any:
        status, headers, body = original(request)
        if status != _SUCCESS:
            return status, headers, body
        size = int(request.get("MaxResults") or default)
        page, token = _page(json.loads(body)[member], request.get("NextToken"), size)
        return json_response({member: page, **({"NextToken": token} if token else {})})

    return handle


def _paged_resources(original: Handler) -> Handler:
    """GetResources: at most 100 resources in a page."""

    def handle(request: dict[str, Any]) -> Any:
        token, size = request.get("PaginationToken"), int(request.get("ResourcesPerPage") or 0)
        status, headers, body = original(request)
        if status != _SUCCESS or request.get("ResourceARNList"):
            return status, headers, body
        found = json.loads(body)["ResourceTagMappingList"]
        page, following = _page(found, token, min(size or _RESOURCES, _RESOURCES))
        answer = {"ResourceTagMappingList": page, "PaginationToken": following or ""}
        return status, headers, json.dumps(answer).encode()

    return handle


def _listed_functions(original: Handler) -> Handler:
    """ListFunctions: at most 50 in a page, each without its state."""

    def handle(query: dict[str, Any]) -> Any:
        status, headers, body = _at_most(original, _FUNCTIONS)(query)
        answer = json.loads(body)
        answer["Functions"] = [
            {name: value for name, value in each.items() if name not in _NOT_LISTED}
            for each in answer["Functions"]
        ]
        return status, headers, json.dumps(answer).encode()

    return handle


def _at_most(original: Handler, size: int) -> Handler:
    """Return a list operation of Lambda whose pages have at most *size* items."""

    def handle(query: dict[str, Any]) -> Any:
        asked = int(lambda_svc._qp_first(query, "MaxItems", str(size)))
        return original({**query, "MaxItems": [str(min(asked, size))]})

    return handle


def _paged_identities(original: Handler) -> Handler:
    """GetAccountAuthorizationDetails: pages count users, groups, roles and policies together."""

    def handle(parameters: Any) -> Any:
        status, headers, body = original(parameters)
        if status != _SUCCESS:
            return status, headers, body
        size = int(iam._p(parameters, "MaxItems") or _IDENTITIES)
        root = ET.fromstring(body)  # noqa: S314 - ministack's own answer
        result = root[0]
        _add_boundaries(result)
        items = [(part, each) for part in result for each in part.findall(f"{_IAM}member")]
        page, token = _page(items, iam._p(parameters, "Marker"), size)
        kept = {id(each) for _, each in page}
        for part, each in items:
            if id(each) not in kept:
                part.remove(each)
        if token:
            result.find(f"{_IAM}IsTruncated").text = "true"  # type: ignore[union-attr]
            ET.SubElement(result, f"{_IAM}Marker").text = token
        ET.register_namespace("", _IAM.strip("{}"))
        return status, headers, ET.tostring(root, encoding="utf-8", xml_declaration=True)

    return handle


def _add_boundaries(result: Any) -> None:
    """Add the permissions boundaries of roles, which AWS shows here as in GetRole."""
    for role in result.iterfind(f"{_IAM}RoleDetailList/{_IAM}member"):
        name = role.findtext(f"{_IAM}RoleName")
        if boundary := (iam._roles.get(name) or {}).get("PermissionsBoundary"):
            element = ET.SubElement(role, f"{_IAM}PermissionsBoundary")
            members = {"Type": "PermissionsBoundaryPolicy", "Arn": boundary}
            for member, value in members.items():
                ET.SubElement(element, f"{_IAM}PermissionsBoundary{member}").text = value
