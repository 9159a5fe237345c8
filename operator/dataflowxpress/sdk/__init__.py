"""SDK: the public Python API; import its names from `dataflowxpress`."""

from dataflowxpress.api.errors import Error, Failure, InvalidSpec, Refused
from dataflowxpress.api.spec.columns import DeclaredColumn, TableSchema
from dataflowxpress.api.spec.encryption import Encryption
from dataflowxpress.api.spec.file_formats import Csv, FixedField, FixedWidth, Json, Xml
from dataflowxpress.api.spec.network import Network
from dataflowxpress.api.spec.notifications import Notifications, Topic
from dataflowxpress.api.spec.pipeline import DataPipelineSpec
from dataflowxpress.api.spec.source import Source
from dataflowxpress.api.spec.storage import AccessLogs, Bucket, Catalog, Iceberg, Target, Write
from dataflowxpress.api.spec.work import (
    ConfigMapKeyRef,
    Crawler,
    Function,
    Functions,
    Job,
    Script,
    Trigger,
)
from dataflowxpress.api.status import Condition, Status
from dataflowxpress.planning.diff import Change
from dataflowxpress.reporting.plans import PlannedStep
from dataflowxpress.standalone.approval import PlanChanged
from dataflowxpress.standalone.record import RecordChanged

from .operations import Incomplete, apply, delete, plan, status
from .pipeline import DataPipeline
from .plans import Plan

__all__ = [
    "AccessLogs",
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
