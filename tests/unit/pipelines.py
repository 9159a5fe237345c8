"""Pipelines as the watch delivers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataflowxpress.api.pipeline import FINALIZER, Pipeline, Reference


def pipeline(  # noqa: PLR0913 - what the watch can deliver
    reference: Reference,
    *,
    held: bool = True,
    deleting: bool = False,
    annotations: Mapping[str, str] = {},
    version: str = "1",
    status: Mapping[str, Any] = {},
) -> Pipeline:
    """Return the pipeline of *reference*, with this metadata and status."""
    metadata = {
        **reference._asdict(),
        "resourceVersion": version,
        "annotations": dict(annotations),
        "finalizers": [FINALIZER] if held else [],
        **({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleting else {}),
    }
    return Pipeline({"metadata": metadata, "status": status})
