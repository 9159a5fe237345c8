"""Client: sets, lists and clears faults from another process while AWS runs."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import TYPE_CHECKING, Any

from dataflowxpress_sandbox.aws import HOST, Aws

from .fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/_dataflowxpress/faults"
_SECONDS = 30
_GOOD = 300


class Faults:
    """The faults of a running sandbox AWS."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def set(self, kind: str, on: str, **more: Any) -> int:
        """Activate a fault and return its number. For the fields see `Fault`.

        Raises `ValueError` (from pydantic, with the field) for an invalid fault.
        """
        fault = Fault.model_validate({"kind": kind, "on": on, **more})
        number: int = self._call("POST", body=fault.model_dump_json())["number"]
        return number

    @contextlib.contextmanager
    def during(self, kind: str, on: str, **more: Any) -> Iterator[int]:
        """Activate a fault for the duration of a `with` block."""
        number = self.set(kind, on, **more)
        try:
            yield number
        finally:
            self.clear(number)

    def all(self) -> list[dict[str, Any]]:
        """Return the faults: their fields, `number`, and the counts `seen` and `strikes`."""
        faults: list[dict[str, Any]] = self._call("GET")["faults"]
        return faults

    def struck(self, number: int) -> int:
        """Return how often a fault that is set has struck."""
        return next(int(each["strikes"]) for each in self.all() if each["number"] == number)

    def strikes(self) -> list[dict[str, Any]]:
        """Return the latest strikes: `at`, the fault's `number` and `kind`, and its target."""
        strikes: list[dict[str, Any]] = self._call("GET")["strikes"]
        return strikes

    def clear(self, number: int | None = None) -> None:
        """Clear a fault, or all; raises `LookupError` if the fault does not exist."""
        self._call("DELETE", f"/{number}" if number is not None else "")

    def _call(self, method: str, path: str = "", body: str | None = None) -> Any:
        connection = http.client.HTTPConnection(HOST, self._aws.port, timeout=_SECONDS)
        try:
            connection.request(method, PATH + path, body)
            response = connection.getresponse()
            answer = json.load(response)
        finally:
            connection.close()
        if response.status >= _GOOD:
            raise LookupError(answer["error"])
        return answer
