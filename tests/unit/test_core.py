"""Core: paths, quoting and errors of the calls to the core API group."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from kubernetes.client import ApiClient, ApiException, Configuration

from dataflowxpress.kube.client import Cluster
from dataflowxpress.kube.core import CONFIG_MAP, EVENTS, CoreApi

SCRIPT = "/api/v1/namespaces/data/configmaps/script"
OBJECTS = {SCRIPT: {"kind": "ConfigMap", "data": {"job.py": "print()"}}}
FOUND, CREATED, MISSING = 200, 201, 404


class ApiServer(HTTPServer):
    """Answers with the objects above, and keeps each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: ApiServer

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.command, self.path, json.loads(body or "null")))
        found = OBJECTS.get(self.path)
        self.send_response(CREATED if self.command == "POST" else FOUND if found else MISSING)
        self.end_headers()
        self.wfile.write(json.dumps(found or {"message": "not here"}).encode())

    do_GET = do_POST = _answer  # noqa: N815 - as http.server names them

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


@pytest.fixture
def client(server: ApiServer) -> Iterator[ApiClient]:
    api = ApiClient(Configuration(host=f"http://127.0.0.1:{server.server_port}"))
    yield api
    api.rest_client.pool_manager.clear()


def test_an_object_is_a_dictionary(client: ApiClient) -> None:
    assert CoreApi(client).get(CONFIG_MAP, namespace="data", name="script") == OBJECTS[SCRIPT]


def test_an_object_is_created_with_its_body(client: ApiClient, server: ApiServer) -> None:
    CoreApi(client).create(EVENTS, {"reason": "Converged"}, namespace="data")
    assert server.requests == [
        ("POST", "/api/v1/namespaces/data/events", {"reason": "Converged"}),
    ]


def test_a_missing_object_is_an_api_exception_with_the_servers_answer(client: ApiClient) -> None:
    with pytest.raises(ApiException) as missing:
        CoreApi(client).get(CONFIG_MAP, namespace="data", name="other")
    assert missing.value.status == MISSING
    assert "not here" in str(missing.value.body)


@pytest.mark.parametrize("name", ["../secrets/script", "x?watch=true", "script#x", "a/b", "%2e"])
def test_a_name_in_a_spec_cannot_lead_to_another_path(
    client: ApiClient, server: ApiServer, name: str
) -> None:
    assert Cluster(client).config_map_value("data", name, "job.py") is None
    [(_, path, _)] = server.requests
    assert path.startswith("/api/v1/namespaces/data/configmaps/")
    assert path.count("/") == SCRIPT.count("/")
    assert not {"?", "#"} & set(path)


def test_the_operator_starts_without_the_models_of_every_kind() -> None:
    program = "import dataflowxpress.manager.service, sys; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    models = {name for name in answer.stdout.split() if "kubernetes.client.models.v1_pod" in name}
    assert not models
