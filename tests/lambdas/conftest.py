"""Fixtures of the Lambdas' tests: each handler as in its zip, with recorded AWS calls."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dataflowxpress.blueprint import artifacts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

QUEUE = "arn:aws:sqs:eu-west-1:000000000000:uploads"


SENT = 1_767_268_810_000  # milliseconds: ten seconds after noon on 2026-01-01
OBSERVES = {"get_crawler", "get_job_runs", "get_object"}


class Client:
    """A boto3 client that remembers its calls and fails with the error code it is given."""

    class meta:  # noqa: N801 - boto3's name
        endpoint_url = "https://sqs.eu-west-1.amazonaws.com"

    class exceptions:  # noqa: N801 - boto3's name
        class NoSuchKey(Exception):
            """S3 has no such object."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers  # by operation; an exception is raised
        self.calls: list[tuple[str, Any]] = []
        self.error: Exception | None = None
        self.failed: list[dict[str, str]] = []
        self.pages: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            answer: Any = self.answers.get(operation, {"Failed": self.failed})
            error = answer if isinstance(answer, Exception) else self.error
            if error and operation not in OBSERVES:
                raise error
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, _operation: str) -> Client:
        return self

    def paginate(self, **_arguments: Any) -> list[dict[str, Any]]:
        return self.pages

    @property
    def started(self) -> list[tuple[str, Any]]:
        """The calls that start something."""
        return [call for call in self.calls if call[0].startswith("start")]

    def fails(self, code: str) -> None:
        self.error = ClientError({"Error": {"Code": code, "Message": code}}, "Start")


NO_SUCH_KEY = Client.exceptions.NoSuchKey()


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., ModuleType]:
    """Import a handler the way Lambda does: what is in its zip is on the path."""

    def load(name: str, **settings: str) -> ModuleType:
        with zipfile.ZipFile(io.BytesIO(artifacts.function_code(name, settings))) as archive:
            archive.extractall(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        for file in tmp_path.glob("*.py"):
            monkeypatch.delitem(sys.modules, file.stem, raising=False)
        spec = importlib.util.spec_from_file_location(f"{name}_handler", tmp_path / "handler.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> dict[str, Client]:
    """What the handlers get from boto3."""
    idle = {"get_crawler": {"Crawler": {"State": "READY"}}, "get_job_runs": {"JobRuns": []}}
    made = {"glue": Client(**idle), "sqs": Client(), "s3": Client(get_object=NO_SUCH_KEY)}
    monkeypatch.setattr(boto3, "client", made.__getitem__)
    monkeypatch.setattr(boto3, "Session", lambda **_: SimpleNamespace(client=made.__getitem__))
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
                "attributes": {"SentTimestamp": str(SENT)},
                "eventSourceARN": QUEUE,
            }
            for number, body in enumerate(bodies)
        ]
    }
