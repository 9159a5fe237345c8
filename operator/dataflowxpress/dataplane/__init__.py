"""Data plane: where a pipeline's data is, which work is unfinished, and how it is triggered."""

from .events import events_between
from .monitor import DataMonitor, DataReport
from .recovery import RecoveryAction
from .requests import RequestHandler

__all__ = ["DataMonitor", "DataReport", "RecoveryAction", "RequestHandler", "events_between"]
