"""Lists: pages, and members that lists lack, of the list calls that ministack answers in full."""

from __future__ import annotations

import json
import uuid
from collections import OrderedDict
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
_KEPT = 16  # lists that callers are reading
_IAM = "{https://iam.amazonaws.com/doc/2010-05-08/}"
_DETAILS = "GetAccountAuthorizationDetails"
_IDENTITY_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
_SUCCESS = 200


def install() -> None:
    """Page the lists in this process."""
    for member, (name, size) in _GLUE.items():
        setattr(glue, name, _paged_glue(getattr(glue, name), member, size))
    tagging._HANDLERS["GetResources"] = _paged_resources(tagging._get_resources)
    lambda_svc._list_functions = _listed_functions(lambda_svc._list_functions)
    lambda_svc._list_esms = _at_most(lambda_svc._list_esms, _MAPPINGS)
    iam._IAM_HANDLERS[_DETAILS] = _paged_identities(iam._IAM_HANDLERS[_DETAILS])


class _Listings:
    """Lists that callers read page by page, each collected once: an account may hold 50,000 items.

    The token of a page names its list and a place in it.
    """

    def __init__(self) -> None:
        self._kept = OrderedDict[str, list[Any]]()

    def items(self, token: str | None) -> list[Any] | None:
        """Return the list that a token continues, if it is still kept; collect it again if not."""
        return self._kept.get((token or "").partition(".")[0])

    def page(self, items: list[Any], token: str | None, size: int) -> tuple[list[Any], str | None]:
        """Return a page, and the token of the next one."""
        name, _, place = (token or "").partition(".")
        start = int(place or 0)
        end = start + size
        self._kept.pop(name, None)
        if end >= len(items):
            return items[start:], None
        name = name or uuid.uuid4().hex
        self._kept[name] = items
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return items[start:end], f"{name}.{end}"


_LISTINGS = _Listings()


def _paged(
    original: Handler,
    place_of: Callable[[Any], tuple[str | None, int]],
    items_of: Callable[[Any], list[Any]],
    answer: Callable[[list[Any], str | None], Any],
) -> Handler:
    """Return a list operation in pages.

    *place_of* returns the token and the size of the page that a request asks for, *items_of* the
    items in the body of a full answer. *answer* gets the items of a page and the token of the next.
    """

    def handle(request: Any) -> Any:
        token, size = place_of(request)
        items = _LISTINGS.items(token)
        if items is None:
            status, headers, body = original(request)
            if status != _SUCCESS:
                return status, headers, body
            items = items_of(body)
        return answer(*_LISTINGS.page(items, token, size))

    return handle


def _paged_glue(original: Handler, member: str, default: int) -> Handler:
    return _paged(
        original,
        lambda request: (request.get("NextToken"), int(request.get("MaxResults") or default)),
        lambda body: json.loads(body)[member],
        lambda page, token: json_response(
            {member: page, **({"NextToken": token} if token else {})}
        ),
    )


def _paged_resources(original: Handler) -> Handler:
    """GetResources: at most 100 resources in a page, and no pages of named resources."""
    member = "ResourceTagMappingList"
    paged = _paged(
        original,
        lambda request: (
            request.get("PaginationToken"),
            min(int(request.get("ResourcesPerPage") or _RESOURCES), _RESOURCES),
        ),
        lambda body: json.loads(body)[member],
        lambda page, token: json_response({member: page, "PaginationToken": token or ""}),
    )
    return lambda request: (original if request.get("ResourceARNList") else paged)(request)


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
    return _paged(
        original,
        lambda request: (
            iam._p(request, "Marker"),
            int(iam._p(request, "MaxItems") or _IDENTITIES),
        ),
        _members,
        lambda page, token: iam._xml(_SUCCESS, f"{_DETAILS}Response", _identities(page, token)),
    )


def _members(body: bytes) -> list[tuple[str, Any]]:
    """Return the members of all lists in a body, each with the name of its list."""
    result = ET.fromstring(body)[0]  # noqa: S314 - ministack's own answer
    _add_boundaries(result)
    return [(part.tag, each) for part in result for each in part.findall(f"{_IAM}member")]


def _identities(page: list[tuple[str, Any]], following: str | None) -> str:
    """Return the result of GetAccountAuthorizationDetails with the members of a page."""
    result = ET.Element(f"{_DETAILS}Result")
    parts = {f"{_IAM}{name}": ET.SubElement(result, f"{_IAM}{name}") for name in _IDENTITY_LISTS}
    for name, member in page:
        parts[name].append(member)
    ET.SubElement(result, "IsTruncated").text = str(bool(following)).lower()
    if following:
        ET.SubElement(result, "Marker").text = following
    return ET.tostring(result, encoding="unicode")


def _add_boundaries(result: Any) -> None:
    """Add the permissions boundaries of roles, which AWS shows here as in GetRole."""
    for role in result.iterfind(f"{_IAM}RoleDetailList/{_IAM}member"):
        name = role.findtext(f"{_IAM}RoleName")
        if boundary := (iam._roles.get(name) or {}).get("PermissionsBoundary"):
            element = ET.SubElement(role, f"{_IAM}PermissionsBoundary")
            members = {"Type": "PermissionsBoundaryPolicy", "Arn": boundary}
            for member, value in members.items():
                ET.SubElement(element, f"{_IAM}PermissionsBoundary{member}").text = value
