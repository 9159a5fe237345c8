"""Query alarms: all properties of alarms in the Query protocol, which Terraform's provider speaks.

ministack has them in its other protocols, which boto3 speaks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree as ET

from ministack.services import cloudwatch

_TIMES = ("StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp")


def install() -> None:
    """Complete the answers of DescribeAlarms in this process."""
    original = cloudwatch._describe_alarms

    def describe(params: Any, cbor_data: Any, *protocol: bool) -> Any:
        status, headers, body = original(params, cbor_data, *protocol)
        is_query = not any(protocol) and status == HTTPStatus.OK
        return status, headers, _completed(body) if is_query else body

    cloudwatch._describe_alarms = describe


def _completed(body: bytes) -> bytes:
    """Return a response with all members of each alarm."""
    root = ET.fromstring(body)  # noqa: S314 - of this process
    space = root.tag.rpartition("}")[0] + "}" if "}" in root.tag else ""
    ET.register_namespace("", space.strip("{}"))
    for member in root.iterfind(f".//{space}MetricAlarms/{space}member"):
        alarm = cloudwatch._alarms[member.findtext(f"{space}AlarmName")]
        member[:] = [_element(space, name, value) for name, value in alarm.items() if _has(value)]
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _has(value: Any) -> bool:
    return value is not None and value != ""


def _element(space: str, name: str, value: Any) -> ET.Element:
    """Return a member of a response in the form of the Query protocol."""
    element = ET.Element(f"{space}{name}")
    if isinstance(value, list):
        element.extend(_element(space, "member", each) for each in value)
    elif isinstance(value, dict):
        element.extend(_element(space, key, each) for key, each in value.items() if _has(each))
    else:
        element.text = _text(name, value)
    return element


def _text(name: str, value: Any) -> str:
    if name in _TIMES and isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)
