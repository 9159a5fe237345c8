"""Runs: what a pipeline's data is doing, what of it stands still, and who is asked to go on."""

from .backstop import Remedy
from .judgement import REDRIVE_REQUESTED, RUN_REQUESTED
from .news import news
from .queues import Queues, ask
from .watcher import Look, Watcher
from .wishes import Granting, Wishes

__all__ = [
    "REDRIVE_REQUESTED",
    "RUN_REQUESTED",
    "Granting",
    "Look",
    "Queues",
    "Remedy",
    "Watcher",
    "Wishes",
    "ask",
    "news",
]
