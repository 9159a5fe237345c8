"""Object lists: parses ListObjectsV2 with a fraction of the CPU time that botocore needs.

A tenant can leave a million objects in a bucket, and each poll lists them. botocore takes 70
microseconds for an object, most of them for the time of its last change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

EVENT = "before-parse.s3.*"
_ROOT, _SUCCESS = "ListBucketResult", 200
_MEMBERS = ("Key", "ETag", "Size", "LastModified")


def take_objects(**event: Any) -> None:
    """Move key, ETag, size and time of the objects in a response to the parsed response.

    Other members of objects are absent. botocore parses the rest of the response, and reports what
    is no list.
    """
    response = event["response_dict"]
    is_list = event["operation_model"].name == "ListObjectsV2"
    if not is_list or response["status_code"] != _SUCCESS:
        return
    try:
        # botocore parses the same bytes of AWS with the same parser.
        root = ET.fromstring(response["body"])  # noqa: S314
    except ET.ParseError:
        return
    namespace = root.tag.removesuffix(_ROOT)
    if objects := root.findall(f"{namespace}Contents"):
        for element in objects:
            root.remove(element)
        response["body"] = ET.tostring(root)
        members = {f"{namespace}{name}": name for name in _MEMBERS}
        parsed = [_object(element, members) for element in objects]
        event["customized_response_dict"]["Contents"] = parsed


def _object(element: ET.Element, members: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {members[e.tag]: e.text for e in element if e.tag in members}
    found["Size"] = int(found["Size"])
    found["LastModified"] = datetime.fromisoformat(found["LastModified"])
    return found
