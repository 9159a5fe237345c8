"""Spec: the DataPipeline API, the single definition of its fields.

Docstrings below fields become the descriptions in the CRD, and constraints become its schema. The
`VALIDATION_RULES` of a part become its CEL validations, so that the API server rejects most invalid
specs.
"""

from .mistakes import mistakes
from .model import SpecModel
from .pipeline import DataPipelineSpec
from .source import RESERVED_PREFIX, Source
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
    "mistakes",
]
