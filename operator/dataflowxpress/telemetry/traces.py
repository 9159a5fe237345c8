"""Traces: OpenTelemetry's, where its standard variables ask for them."""

from __future__ import annotations

import contextlib
import os
from importlib.util import find_spec

ASKED = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class TracesUnavailable(RuntimeError):
    """Traces are asked for, and cannot be had."""


def start() -> None:
    """Send spans to the collector that the standard variables name, if they name one."""
    if not any(os.environ.get(name) for name in ASKED):
        return
    if not (find_spec("opentelemetry") and find_spec("opentelemetry.sdk")):
        asked = " or ".join(ASKED)
        raise TracesUnavailable(
            f"{asked} is set: unset it, or pip install 'dataflowxpress[otel]' to have traces"
        )
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "dataflowxpress"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    BotocoreInstrumentor().instrument()


def span(name: str, **attributes: str | int) -> contextlib.AbstractContextManager[object]:
    """Return a span around some work, or nothing where there is no OpenTelemetry."""
    if find_spec("opentelemetry") is None:
        return contextlib.nullcontext()
    from opentelemetry import trace

    named = {f"dataflowxpress.{key}": value for key, value in attributes.items()}
    return trace.get_tracer("dataflowxpress").start_as_current_span(name, attributes=named)
