"""Custom script: reads a script from the spec or from a ConfigMap."""

from __future__ import annotations

from dataflowxpress.api.errors import InvalidSpec
from dataflowxpress.api.pipeline import Pipeline

from .store import PipelineStore


def custom_script(pipeline: Pipeline, store: PipelineStore) -> bytes | None:
    """Return the script to upload; None if it is the packaged one, or already in S3."""
    script = pipeline.spec.job.script
    if script.inline:
        return script.inline.encode()
    if not (ref := script.config_map_key_ref):
        return None
    text = store.config_map_value(pipeline.namespace, ref.name, ref.key)
    if text is None:
        field = "spec.job.script.configMapKeyRef"
        raise InvalidSpec(f"{field}: ConfigMap {ref.name} with key {ref.key} not found: create it")
    return text.encode()
