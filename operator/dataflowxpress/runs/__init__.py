"""Runs: what a pipeline's data is doing, what of it stands still, and who is asked to go on."""

from .backstop import Remedy
from .judgement import REDRIVE_REQUESTED, RUN_REQUESTED
from .news import news
from .watcher import Look, Watcher
from .wishes import Hand, Wishes

__all__ = [
    "REDRIVE_REQUESTED",
    "RUN_REQUESTED",
    "Hand",
    "Look",
    "Remedy",
    "Watcher",
    "Wishes",
    "news",
]
