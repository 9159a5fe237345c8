"""Fixtures of the Lambdas' tests: each handler as in its zip, with recorded AWS calls."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

LAMBDAS = Path(__file__).parents[2] / "lambdas"
QUEUE = "arn:aws:sqs:eu-west-1:000000000000:uploads"


class Client:
    """A boto3 client that remembers its calls and fails with the error code it is given."""

    class meta:  # noqa: N801 - boto3's name
        endpoint_url = "https://sqs.eu-west-1.amazonaws.com"

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.error: Exception | None = None
        self.failed: list[dict[str, str]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> dict[str, Any]:
            self.calls.append((operation, arguments))
            if self.error:
                raise self.error
            return {"Failed": self.failed}

        return call

    def fails(self, code: str) -> None:
        self.error = ClientError({"Error": {"Code": code, "Message": code}}, "Start")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import a handler the way Lambda does: what is in its zip is on the path."""

    def load(name: str) -> ModuleType:
        for folder in (LAMBDAS, LAMBDAS / name):
            monkeypatch.syspath_prepend(str(folder))
            for file in folder.glob("*.py"):
                monkeypatch.delitem(sys.modules, file.stem, raising=False)
        spec = importlib.util.spec_from_file_location(
            f"{name}_handler", LAMBDAS / name / "handler.py"
        )
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> dict[str, Client]:
    """What the handlers get from boto3."""
    made = {"glue": Client(), "sqs": Client()}
    monkeypatch.setattr(boto3, "client", lambda service: made[service])
    return made


@pytest.fixture
def batch() -> Callable[..., dict[str, Any]]:
    """A batch as Lambda hands it over, of messages with the given bodies."""
    return _batch


def _batch(*bodies: object) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "eventSourceARN": QUEUE,
            }
            for number, body in enumerate(bodies)
        ]
    }
