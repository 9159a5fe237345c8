"""Request: the call whose permissions are being checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from typing import Any, NamedTuple


class _Given(NamedTuple):
    service: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    params: Mapping[str, Any]  # of the query, and of a form
    region: str
    account: str


class Request(_Given):
    """A call as it came over the wire."""

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """What it says, whether as JSON or as a form."""
        if self.body[:1] == b"{":
            said: dict[str, Any] = json.loads(self.body)
            return said
        plain = {name: value for name, value in self.params.items() if value}
        return {name: v[0] if isinstance(v, list) else v for name, v in plain.items()}

    @property
    def operation(self) -> str:
        """Its name, for services whose paths do not tell it."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2] or str(
            self.fields.get("Action", "")
        )

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something where the call is made."""
        region = "" if service == "iam" else self.region
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"


current: ContextVar[Request | None] = ContextVar("request", default=None)
