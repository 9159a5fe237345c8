"""Resources: the kinds of AWS resources in a pipeline, one module each."""

from .access_logs import AccessLogs
from .alarm import Alarm
from .bucket import Bucket
from .classifier import Classifier
from .crawler import Crawler
from .database import Database
from .event_source import EventSource
from .function import Function
from .job import Job
from .log_group import LogGroup
from .notification import Notification
from .object import Object
from .principal_permissions import PrincipalPermissions
from .queue import Queue
from .role import Role
from .rule import Rule
from .schedule import Schedule
from .security_configuration import SecurityConfiguration
from .subscription import Subscription
from .topic import Topic

__all__ = [
    "AccessLogs",
    "Alarm",
    "Bucket",
    "Classifier",
    "Crawler",
    "Database",
    "EventSource",
    "Function",
    "Job",
    "LogGroup",
    "Notification",
    "Object",
    "PrincipalPermissions",
    "Queue",
    "Role",
    "Rule",
    "Schedule",
    "SecurityConfiguration",
    "Subscription",
    "Topic",
]
