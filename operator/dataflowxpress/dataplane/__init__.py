"""Data plane: observes a pipeline's data, recovers unfinished work and fulfils data requests."""

from .confirmations import with_requests
from .effects import effects_of, rewrites
from .events import events_between
from .monitor import DataMonitor, DataPath, DataReport
from .recovery import RecoveryAction
from .requests import RequestHandler
from .table_changes import mistakes_of

__all__ = [
    "DataMonitor",
    "DataPath",
    "DataReport",
    "RecoveryAction",
    "RequestHandler",
    "effects_of",
    "events_between",
    "mistakes_of",
    "rewrites",
    "with_requests",
]
