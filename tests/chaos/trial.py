"""Trial: one seed on a pipeline of its own, from the first upload to quiet."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dataflowxpress_sandbox.aws.faults import Faults
from tests.chaos.chain import Chain
from tests.chaos.observation import Assessment, Observation
from tests.chaos.plan import Plan, Upload
from tests.e2e.conftest import User

MOMENT = 10.0  # seconds to wait for a crawl or a run to upload into


@dataclass
class Trial:
    """One seed, its pipeline, and what happened."""

    user: User
    faults: Faults
    scratch: Path
    plan: Plan
    timeline: list[tuple[float, str]] = field(default_factory=list)
    strikes: list[dict[str, Any]] = field(default_factory=list)  # what went wrong on purpose
    assessment: Assessment | None = None
    error: str = ""
    seconds: float = 0.0
    _numbers: set[int] = field(default_factory=set)

    @cached_property
    def chain(self) -> Chain:
        """The seed's pipeline."""
        plan = self.plan
        return Chain(self.user, plan.weather.name, plan.format, plan.weather.table_format)

    def run(self) -> None:
        """Do all of it."""
        began = time.monotonic()
        with self._kept():
            self.chain.begin()
            self._upload()
            self._clear()
            self.chain.revive()
        self.judge()
        self.seconds = time.monotonic() - began

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Keep what goes wrong: the other seeds go on, and the report tells of it."""
        try:
            yield
        except BaseException as error:  # noqa: BLE001 - pytest's failures are no Exceptions
            self.error = self.error or f"{type(error).__name__}: {error}"

    def _upload(self) -> None:
        s3 = self.user.aws("s3")
        for upload in self.plan.uploads:
            for fault in self.plan.faults.get(upload.number, ()):
                self._numbers.add(self.faults.set(**fault))
                self._note(f"fault {fault}")
            if upload.number == self.plan.buried:
                self.chain.bury()
                self._note("a dead letter")
            time.sleep(upload.pause)
            self._await(upload)
            s3.put_object(Bucket=self.chain.name, Key=upload.key, Body=upload.body)
            self._note(f"upload {upload.number}: {upload.key}, {upload.form}, {upload.lines} lines")

    def _await(self, upload: Upload) -> None:
        """Wait for the moment in which an upload is to be made, as long as that is sensible."""
        moments = {"crawl": self.chain.crawls, "run": self.chain.running}
        if is_on := moments.get(upload.moment):
            deadline = time.monotonic() + MOMENT
            while time.monotonic() < deadline and not is_on():
                time.sleep(0.2)

    def judge(self) -> None:
        """Wait for quiet, without faults, and compare."""
        with self._kept():
            self._clear()
            status = self.chain.quiet()
            self._note("quiet")
            observation = Observation(
                self.user.aws, self.chain.name, self.scratch, self.chain.is_iceberg
            )
            self.assessment = observation.assessment(self.plan.uploads, status)

    def outlast(self, seconds: float) -> None:
        """Let the messages that a dead Lambda hides come back, which must change nothing."""
        with self._kept():
            self.chain.wait(lambda: not self.chain.hidden, seconds, "rid of hidden messages")
            self.judge()

    def _clear(self) -> None:
        for number in self._numbers & {fault["number"] for fault in self.faults.all()}:
            self.faults.clear(number)
        self.strikes = [s for s in self.faults.strikes() if s["number"] in self._numbers]
        self._note("no faults any more")

    def _note(self, what: str) -> None:
        self.timeline.append((time.time(), what))

    def struck(self) -> Counter[str]:
        """Count what went wrong on purpose, by kind."""
        return Counter(str(strike["kind"]) for strike in self.strikes)

    @property
    def good(self) -> bool:
        """Whether everything came right."""
        return self.assessment is not None and self.assessment.good and not self.error
