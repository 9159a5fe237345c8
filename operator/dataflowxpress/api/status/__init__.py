"""Status: the observed state of a DataPipeline; docstrings become descriptions in the CRD."""

from .data import Crawl, Data, Recovery, RefusedObject, Reprocess, Run, Table, Usage
from .model import StatusModel
from .pipeline import Status
from .resources import Condition, Drift, ResourceState, ResourceStatus

__all__ = [
    "Condition",
    "Crawl",
    "Data",
    "Drift",
    "Recovery",
    "RefusedObject",
    "Reprocess",
    "ResourceState",
    "ResourceStatus",
    "Run",
    "Status",
    "StatusModel",
    "Table",
    "Usage",
]
