"""Traces: what a collector gets, of an operator in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.unit.server import WHO, Server

OPERATOR = """
import botocore.session
from dataflowxpress.telemetry import traces
from dataflowxpress.telemetry.context import Pool
from dataflowxpress.telemetry.reconciliation import observed
traces.start()
session = botocore.session.Session()
session.set_credentials("some", "body")
sts = session.create_client("sts", region_name="eu-west-1", endpoint_url="http://127.0.0.1:{port}")
with observed("reconcile", pipeline="shop/orders", uid="u", generation=3):
    with Pool(1) as pool:
        pool.submit(sts.get_caller_identity).result()
"""
WITHOUT = """
import sys
sys.modules["opentelemetry"] = None
from dataflowxpress.telemetry import traces
{start}
with traces.span("reconcile", pipeline="shop/orders"):
    print("worked")
"""


def python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | env,
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_collector_gets_reconciliations_with_their_calls_to_aws(server: Server) -> None:
    endpoint = f"http://127.0.0.1:{server.port}"
    server.answers.append((200, WHO))
    done = python(OPERATOR.format(port=server.port), OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
    assert done.returncode == 0, done.stderr
    (sent,) = [body for path, body in server.came if path == "/v1/traces"]
    (resource,) = MessageToDict(ExportTraceServiceRequest.FromString(sent))["resourceSpans"]
    spans = {s["name"]: s for scope in resource["scopeSpans"] for s in scope["spans"]}
    assert spans["STS.GetCallerIdentity"]["parentSpanId"] == spans["reconcile"]["spanId"]
    about = {a["key"]: a["value"] for a in spans["reconcile"]["attributes"]}
    assert about["dataflowxpress.pipeline"] == {"stringValue": "shop/orders"}
    named = {a["key"]: a["value"] for a in resource["resource"]["attributes"]}
    assert named["service.name"] == {"stringValue": "dataflowxpress"}


def test_no_span_is_sent_without_the_environment_variables(server: Server) -> None:
    server.answers.append((200, WHO))
    assert python(OPERATOR.format(port=server.port)).returncode == 0
    assert [path for path, _ in server.came] == ["/"]


def test_the_operator_works_without_opentelemetry() -> None:
    done = python(WITHOUT.format(start="traces.start()"))
    assert (done.returncode, done.stdout) == (0, "worked\n"), done.stderr


def test_traces_that_cannot_be_had_are_refused_with_the_cure() -> None:
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    done = python(WITHOUT.format(start="traces.start()"), **asked)
    assert done.returncode != 0
    assert "pip install 'dataflowxpress[otel]'" in done.stderr
