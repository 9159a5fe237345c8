"""Data plane: where a pipeline's data is, what is unfinished, and how it is set going again."""

from .events import news
from .monitor import Look, Watcher
from .recovery import Remedy
from .requests import Hand

__all__ = ["Hand", "Look", "Remedy", "Watcher", "news"]
