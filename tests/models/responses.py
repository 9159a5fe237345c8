"""Responses: what a recorded response violates in its operation's output shape."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from botocore.compat import HTTPHeaders
from botocore.parsers import ResponseParserFactory
from botocore.utils import parse_timestamp

from dataflowxpress_sandbox.aws.operations import Call

from .shapes import Violation, violations

_GOOD, _ERRORS = range(200, 300), range(400, 600)


def response_violations(call: Call, exchange: dict[str, Any]) -> Iterator[Violation]:
    """Yield what a response violates: the output's shape, or an error's need of a code."""
    if exchange["status"] in _ERRORS:
        code = _parsed(call, exchange).get("Error", {}).get("Code", "")
        if not code or (code.isdigit() and exchange["method"] != "HEAD"):  # botocore's stopgap
            yield "Error.Code", "is missing"
    elif exchange["status"] in _GOOD and (shape := call.operation.output_shape):
        parsed = _parsed(call, exchange)
        parsed.pop("ResponseMetadata", None)
        read = {name: v.read() if isinstance(v, io.BytesIO) else v for name, v in parsed.items()}
        yield from violations(read, shape)
        yield from _strays(call, exchange["response"].encode("latin-1"))


def _parsed(call: Call, exchange: dict[str, Any]) -> dict[str, Any]:
    """Return a response as botocore's clients do."""
    body: Any = exchange["response"].encode("latin-1")
    if call.operation.has_streaming_output and exchange["status"] in _GOOD:
        body = io.BytesIO(body)
    headers = HTTPHeaders.from_dict(exchange["response_headers"])
    answer = {"body": body, "headers": headers, "status_code": exchange["status"]}
    shape: Any = call.operation.output_shape  # None where nothing is returned, which parsers take
    parser = _PARSERS.create_parser(call.protocol)
    parsed: dict[str, Any] = parser.parse(answer, shape)
    return parsed


def _timestamp(value: Any) -> datetime:
    """Return a time as botocore parses it, which takes ten times as long for the usual format."""
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return parse_timestamp(value)


_PARSERS = ResponseParserFactory()
_PARSERS.set_parser_defaults(timestamp_parser=_timestamp)


def _strays(call: Call, body: bytes) -> Iterator[Violation]:
    """Yield members that the model does not know, which botocore's parser drops."""
    output: Any = call.operation.output_shape
    payload = output.serialization.get("payload")
    shape = output.members[payload] if payload else output
    if shape.type_name != "structure" or not body.strip():
        return
    if "json" in call.protocol:
        yield from _in_json(json.loads(body), shape, payload or "")
    elif "xml" in call.protocol or call.protocol == "query":
        root = ET.fromstring(body)  # noqa: S314 - the emulator's own
        wrapper = output.serialization.get("resultWrapper")
        node = root.find(f"{{*}}{wrapper}") if wrapper else root
        if node is not None:
            yield from _in_xml(node, shape, payload or "")


def _in_json(value: Any, shape: Any, where: str) -> Iterator[Violation]:
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            yield from _members_in_json(value, shape, where)
        case "list" if isinstance(value, list):
            for item in value:
                yield from _in_json(item, shape.member, f"{where}[]")
        case "map" if isinstance(value, dict):
            for item in value.values():
                yield from _in_json(item, shape.value, f"{where}{{}}")
        case "integer" | "long" | "boolean" | "timestamp" as kind:
            if isinstance(value, str) != _is_text(shape):
                yield where, f"is {value!r}, not {kind} as the protocol writes it"


def _members_in_json(value: dict[str, Any], shape: Any, where: str) -> Iterator[Violation]:
    members = {m.serialization.get("name", name): m for name, m in shape.members.items()}
    for name, item in value.items():
        below = f"{where}.{name}".lstrip(".")
        if name not in members:
            yield below, "is unknown"
        elif item is not None:
            yield from _in_json(item, members[name], below)


def _is_text(shape: Any) -> bool:
    """Return whether JSON writes a number, a truth value or a time as text."""
    return bool(shape.serialization.get("timestampFormat") in {"iso8601", "rfc822"})


def _in_xml(node: Any, shape: Any, where: str) -> Iterator[Violation]:
    match shape.type_name:
        case "structure":
            members = {_tag(name, m): m for name, m in shape.members.items()}
            for child in node:
                name = child.tag.rpartition("}")[2]
                if name not in members:
                    yield f"{where}.{name}".lstrip("."), "is unknown"
                else:
                    yield from _in_xml(child, members[name], f"{where}.{name}".lstrip("."))
        case "list":
            flat = shape.serialization.get("flattened")
            for child in [node] if flat else node:
                yield from _in_xml(child, shape.member, f"{where}[]")


def _tag(name: str, shape: Any) -> str:
    """Return the name of a member's element; a flattened list is named by its items."""
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        item = shape.member.serialization.get("name")
        return str(item or shape.serialization.get("name", name))
    return str(shape.serialization.get("name", name))
