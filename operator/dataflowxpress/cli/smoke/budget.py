"""Budget: the estimated cost of a smoke test, before it starts and after it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dataflowxpress.aws import prices
from dataflowxpress.aws.dpus import CRAWL_DPUS
from dataflowxpress.aws.resources import Job
from dataflowxpress.cli.cost import estimate
from dataflowxpress.planning.resource import Resource, only

from .table import Calls
from .wait import PAUSE

WAITING = 600  # seconds of polling, which a smoke test on AWS takes
ASSUMED = f"list prices of {prices.REGION}, {prices.READ}, {CRAWL_DPUS} DPUs for a crawl"


@dataclass(frozen=True)
class Budget:
    """The cost of one crawl, one run and the calls for the pipeline of *wanted*."""

    wanted: Sequence[Resource]

    @property
    def account(self) -> str:
        """The AWS account of the pipeline."""
        return self.wanted[0].scope.account

    @property
    def region(self) -> str:
        """The AWS region of the pipeline."""
        return self.wanted[0].scope.region

    @property
    def forecast(self) -> str:
        """The cost of a test that passes."""
        polls = {call: n * WAITING / PAUSE for call, n in estimate.CALLS_OF_A_POLL.items()}
        usd = estimate.crawl() + self._runs([0]) + estimate.calls(polls)
        return f"Costs about ${usd:.2f} ({ASSUMED})."

    def spent(self, calls: Calls, crawls: int, run_seconds: Sequence[float]) -> str:
        """Return the cost of *calls*, *crawls* and runs, in words."""
        usd = estimate.crawl(crawls) + self._runs(run_seconds) + estimate.calls(calls)
        return f"estimated cost ${usd:.2f} ({ASSUMED})"

    def _runs(self, seconds: Sequence[float]) -> float:
        return sum(estimate.run(only(self.wanted, Job), each) for each in seconds)
