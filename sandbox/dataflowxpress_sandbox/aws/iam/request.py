"""Request: the call whose permissions are checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from typing import Any, NamedTuple


class _RequestData(NamedTuple):
    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    params: Mapping[str, Any]  # of the query, and of a form
    region: str
    account: str


class Request(_RequestData):
    """A call with its raw data."""

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The parameters, from JSON or from a form."""
        if self.body[:1] == b"{":
            fields: dict[str, Any] = json.loads(self.body)
            return fields
        plain = {name: value for name, value in self.params.items() if value}
        return {name: v[0] if isinstance(v, list) else v for name, v in plain.items()}

    @property
    def operation(self) -> str:
        """The name of the operation, for services whose paths do not contain it."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2] or str(
            self.fields.get("Action", "")
        )

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the region and account of the call."""
        region = "" if service == "iam" else self.region
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"


current: ContextVar[Request | None] = ContextVar("request", default=None)
