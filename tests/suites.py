"""Suites: each worker stays with the suite whose servers it has started, while that has files."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


def suite_of(file: str) -> str:
    """Return the suite of a test file: the folder below the folder of tests."""
    return "/".join(file.split("/")[:2])


class SuiteScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Gives a worker the next file of its suite, else one of the suite with the fewest workers."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        suite = self._suite_for(node)
        file = next(file for file in self.workqueue if suite_of(file) == suite)
        self.workqueue.move_to_end(file, last=False)
        super()._assign_work_unit(node)

    def _suite_for(self, node: WorkerController) -> str:
        current = {
            node: suite_of(list(files)[-1]) for node, files in self.assigned_work.items() if files
        }
        left = Counter(suite_of(file) for file in self.workqueue)
        if current.get(node) in left:
            return current[node]
        workers = Counter(current.values())
        return min(left, key=lambda suite: (workers[suite], -left[suite]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SuiteScheduling | None:
    """Schedule whole files by suites where xdist would schedule them in their order."""
    return SuiteScheduling(config, log) if config.getoption("dist") == "loadfile" else None
