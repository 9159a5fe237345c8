"""Flow: the hops of a pipeline as the page draws them. Pure."""

from __future__ import annotations

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.reporting import flow as hops

from .overview import Json

SHOWN = {"kind", "name", "arn", "state", "message"}  # of a resource


def flow(pipeline: Pipeline) -> list[Json]:
    """Return the hops of a pipeline, each with its resources and the state of both."""
    return [_as_json(node) for node in hops.flow(pipeline.status, pipeline.body.get("spec") or {})]


def _as_json(node: hops.Node) -> Json:
    return {
        "id": node.hop.id,
        "stage": node.hop.stage,
        "title": node.hop.title,
        "service": node.hop.service,
        "name": node.name,
        "arn": node.arn,
        **node.state._asdict(),
        "health": node.state.health.value,
        "resources": [each.model_dump(include=SHOWN) for each in node.resources],
    }
