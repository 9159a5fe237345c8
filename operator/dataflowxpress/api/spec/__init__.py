"""Spec: the DataPipeline API, the only truth about what users may write.

Docstrings below fields become the descriptions in the CRD, constraints its schema, and the `RULES`
of a part its CEL validations, so that the API server refuses what it can.
"""

from .model import SpecModel
from .pipeline import DataPipelineSpec
from .storage import RESERVED_PREFIX, Source
from .work import Function

GROUP, VERSION, KIND, PLURAL = "dataflowxpress.io", "v1alpha1", "DataPipeline", "datapipelines"

__all__ = [
    "GROUP",
    "KIND",
    "PLURAL",
    "RESERVED_PREFIX",
    "VERSION",
    "DataPipelineSpec",
    "Function",
    "Source",
    "SpecModel",
]
