"""Script: the user's own, where it comes with the pipeline or from a ConfigMap."""

from __future__ import annotations

from dataflowxpress.api.errors import InvalidSpec
from dataflowxpress.api.pipeline import Pipeline

from .store import PipelineStore


def custom_script(pipeline: Pipeline, store: PipelineStore) -> bytes | None:
    """Return the script to put into the bucket; None where it is the packaged one, or in S3."""
    asked = pipeline.spec.job.script
    if asked.inline:
        return asked.inline.encode()
    if not (ref := asked.config_map_key_ref):
        return None
    text = store.config_map_value(pipeline.namespace, ref.name, ref.key)
    if text is None:
        where = "spec.job.script.configMapKeyRef"
        raise InvalidSpec(f"{where}: there is no ConfigMap {ref.name} with key {ref.key}: add it")
    return text.encode()
