"""Scheduler: runs threads one at a time, in an order and a virtual time that a seed determines."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


class Killed(BaseException):
    """The process of the task was killed; no handler of errors may catch it."""


@dataclass
class Task:
    """A thread that runs only while the scheduler waits for it."""

    name: str
    process: int
    thread: threading.Thread | None = None
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    wake_at: float = 0
    killed: bool = False
    done: bool = False


class Scheduler:
    """The order of all steps, and the time.

    A task calls `step` wherever real code can be interrupted or overtaken: the next task to run is
    drawn at random. Time passes only if all tasks sleep.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.now, self.steps, self.trace = 0.0, 0, list[str]()
        self.failure: BaseException | None = None
        self._tasks: list[Task] = []
        self._current = threading.local()
        self._back = threading.Semaphore(0)

    def clock(self) -> float:
        """Return the virtual time in seconds."""
        return self.now

    def chance(self, probability: float) -> bool:
        """Draw an event."""
        return self.random.random() < probability

    def spawn(self, name: str, process: int, function: Callable[[], None]) -> None:
        """Add a task of a process."""
        task = Task(name, process, wake_at=self.now)
        task.thread = threading.Thread(target=self._body, args=(task, function), daemon=True)
        self._tasks.append(task)
        task.thread.start()

    def step(self, label: str) -> None:
        """Let another task go first, perhaps."""
        self._yield(label, self.now)

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._yield(f"sleeps {seconds:.2f}", self.now + seconds)

    def kill(self, process: int) -> None:
        """End all tasks of a process at the step at which they are."""
        for task in self._tasks:
            if task.process == process:
                task.killed, task.wake_at = True, self.now

    def run(self, until: float) -> None:
        """Run all tasks until this time; raises the first failure of a task."""
        while tasks := [task for task in self._tasks if not task.done]:
            ready = [task for task in tasks if task.wake_at <= self.now]
            if not ready:
                self.now = min(task.wake_at for task in tasks)
                if self.now > until:
                    self.now = until
                    return
                continue
            self._resume(self.random.choice(ready))
            if self.failure:
                raise self.failure

    def end(self) -> None:
        """End all tasks."""
        for task in self._tasks:
            task.killed = True
            while not task.done:
                self._resume(task)

    def _resume(self, task: Task) -> None:
        self.steps += 1
        task.turn.release()
        self._back.acquire()
        if task.done and task in self._tasks:
            self._tasks.remove(task)

    def _yield(self, label: str, wake_at: float) -> None:
        task: Task = self._current.task
        if task.killed:
            raise Killed
        self.trace.append(f"{self.now:7.2f} {task.name}: {label}")
        task.wake_at = wake_at
        self._back.release()
        task.turn.acquire()
        if task.killed:
            raise Killed

    def _body(self, task: Task, function: Callable[[], None]) -> None:
        self._current.task = task
        task.turn.acquire()
        try:
            if not task.killed:
                function()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - the scheduler raises it
            self.failure = self.failure or error
        finally:
            task.done = True
            self._back.release()
