"""Operations: which operation of which service a recorded request calls, with its parameters."""

from __future__ import annotations

import functools
import io
import re
from typing import Any, NamedTuple

import botocore.session
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.parsers import RpcV2CBORParser
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import ServiceOperationRouter
from werkzeug.exceptions import NotFound

_SIGNED = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
_SERVICES = {  # by the name with which they are signed
    "elasticmapreduce": "emr",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
}
_CBOR = re.compile(r"/service/[^/]+/operation/(\w+)")


class Call(NamedTuple):
    """A call of an operation, in the words of its model."""

    service: str
    operation: OperationModel
    protocol: str
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        """The operation as IAM would write it."""
        return f"{self.service}:{self.operation.name}"


def call_of(exchange: dict[str, Any]) -> Call:
    """Return the call that a request makes; raises `LookupError` if no model knows it."""
    service = _service(exchange)
    try:
        model = _model(service)
    except UnknownServiceError as error:
        raise LookupError(f"{service}: {exchange['method']} {exchange['path']}") from error
    if found := _CBOR.fullmatch(exchange["path"]):
        operation = model.operation_model(found[1])
        return Call(service, operation, "smithy-rpc-v2-cbor", _cbor(exchange["body"]))
    if target := exchange["headers"].get("x-amz-target"):
        return _json_call(service, target.rpartition(".")[2], exchange)
    request = _request(exchange)
    try:
        operation, in_path = _router(service).match(request)
    except (NotFound, NotImplementedError) as error:
        raise LookupError(f"{service}: {exchange['method']} {exchange['path']}") from error
    protocol = determine_request_protocol(model, request.content_type)
    parsed = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    return Call(service, operation, protocol, parsed)


def _json_call(service: str, name: str, exchange: dict[str, Any]) -> Call:
    """Return a call whose header names the operation, in half the time of a router."""
    try:
        operation = _model(service).operation_model(name)
    except OperationNotFoundError as error:
        raise LookupError(f"{service}: {name}") from error
    content_type = exchange["headers"].get("content-type")
    protocol = determine_request_protocol(_model(service), content_type)
    parser: Any = PROTOCOL_PARSERS[protocol](operation)
    body = (exchange["body"] or "").encode("latin-1")
    return Call(service, operation, protocol, parser.parse({"body": body}))


def _service(exchange: dict[str, Any]) -> str:
    authorization = exchange["headers"].get("authorization", "") + "Credential=" + exchange["query"]
    signed = _SIGNED.search(authorization.replace("%2F", "/"))
    if not signed:
        raise LookupError(f"not signed: {exchange['method']} {exchange['path']}")
    return _SERVICES.get(signed[1], signed[1])


def _request(exchange: dict[str, Any]) -> Request:
    url = f"http://{exchange['headers']['host']}{exchange['path']}?{exchange['query']}"
    body = (exchange["body"] or "").encode("latin-1")
    request = Request.from_primitives(exchange["method"], url, exchange["headers"], body)
    request.environ["RAW_URI"] = exchange["path"]
    return request


def _cbor(body: str) -> dict[str, Any]:
    stream = io.BufferedReader(io.BytesIO(body.encode("latin-1")))
    return RpcV2CBORParser().parse_data_item(stream) if body else {}


@functools.cache
def _model(service: str) -> ServiceModel:
    """Return botocore's own model, without moto's additions."""
    loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


@functools.cache
def _router(service: str) -> ServiceOperationRouter:
    return ServiceOperationRouter(_model(service))
