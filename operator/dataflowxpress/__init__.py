"""DataFlowXpress: provisions CSV-to-Parquet pipelines on AWS from one Kubernetes resource.

The names in `__all__` are the public Python API; everything else can change in any version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataflowxpress.sdk import (
        Bucket,
        Catalog,
        Change,
        Condition,
        ConfigMapKeyRef,
        Crawler,
        Csv,
        DataPipeline,
        DataPipelineSpec,
        DeclaredColumn,
        Encryption,
        Error,
        Failure,
        FixedField,
        FixedWidth,
        Function,
        Functions,
        Iceberg,
        Incomplete,
        InvalidSpec,
        Job,
        Json,
        Network,
        Notifications,
        Plan,
        PlanChanged,
        PlannedStep,
        RecordChanged,
        Refused,
        Script,
        Source,
        Status,
        TableSchema,
        Target,
        Topic,
        Trigger,
        Write,
        Xml,
        apply,
        delete,
        plan,
        status,
    )

__all__ = [
    "Bucket",
    "Catalog",
    "Change",
    "Condition",
    "ConfigMapKeyRef",
    "Crawler",
    "Csv",
    "DataPipeline",
    "DataPipelineSpec",
    "DeclaredColumn",
    "Encryption",
    "Error",
    "Failure",
    "FixedField",
    "FixedWidth",
    "Function",
    "Functions",
    "Iceberg",
    "Incomplete",
    "InvalidSpec",
    "Job",
    "Json",
    "Network",
    "Notifications",
    "Plan",
    "PlanChanged",
    "PlannedStep",
    "RecordChanged",
    "Refused",
    "Script",
    "Source",
    "Status",
    "TableSchema",
    "Target",
    "Topic",
    "Trigger",
    "Write",
    "Xml",
    "apply",
    "delete",
    "plan",
    "status",
]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use: a command line needs few of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dataflowxpress import sdk

    return getattr(sdk, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
