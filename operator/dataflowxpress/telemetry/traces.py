"""Traces: OpenTelemetry spans, if its standard environment variables enable them."""

from __future__ import annotations

import contextlib
import os
from importlib.util import find_spec

ENABLING = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class TracesUnavailable(RuntimeError):
    """Traces are enabled, but not available."""


def start() -> None:
    """Send spans to the collector in the standard environment variables, if one is set."""
    if not any(os.environ.get(name) for name in ENABLING):
        return
    if not (find_spec("opentelemetry") and find_spec("opentelemetry.sdk")):
        names = " or ".join(ENABLING)
        raise TracesUnavailable(
            f"{names} is set, but OpenTelemetry is not installed: unset the variable, or"
            " pip install 'dataflowxpress[otel]'"
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
    """Return a span for some work, or a null context without OpenTelemetry."""
    if find_spec("opentelemetry") is None:
        return contextlib.nullcontext()
    from opentelemetry import trace

    named = {f"dataflowxpress.{key}": value for key, value in attributes.items()}
    return trace.get_tracer("dataflowxpress").start_as_current_span(name, attributes=named)
