"""Parallel: tasks that run at the same time and end together when one of them fails."""

from __future__ import annotations

from threading import Condition, Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Task = Callable[[Event], object]


class Cancelled(Exception):
    """A task has stopped early because its event was set."""


def run(*tasks: Task) -> None:
    """Run each task in a thread of its own, and return when all of them have returned.

    Each task gets an event. It is set when a task raises or this thread is interrupted: the other
    tasks must then clean up and return or raise soon. The first exception is raised when all of
    them have ended.
    """
    group = _Group(len(tasks))
    try:
        for task in tasks:
            Thread(target=group.perform, args=(task,)).start()
        group.wait()
    finally:
        group.cancel()
    if group.failures:
        raise group.failures[0]


class _Group:
    """Tasks that share one event.

    An executor cannot serve here: an interrupt while it starts a thread makes it forget the thread.
    """

    def __init__(self, size: int) -> None:
        self.failures: list[BaseException] = []
        self._cancelled, self._changed = Event(), Condition()
        self._missing, self._running = size, 0

    def perform(self, task: Task) -> None:
        """Run a task, unless the group is cancelled before it begins."""
        with self._changed:
            if self._cancelled.is_set():
                return
            self._running += 1
        try:
            task(self._cancelled)
        except BaseException as failure:  # noqa: BLE001 - the thread that waits raises it
            self.failures.append(failure)
        finally:
            with self._changed:
                self._running -= 1
                self._missing -= 1
                self._changed.notify_all()

    def wait(self) -> None:
        """Wait until every task has ended, or one has failed."""
        with self._changed:
            self._changed.wait_for(lambda: self.failures or not self._missing)

    def cancel(self) -> None:
        """Set the event, and wait until no task runs."""
        with self._changed:
            self._cancelled.set()
            self._changed.wait_for(lambda: not self._running)
