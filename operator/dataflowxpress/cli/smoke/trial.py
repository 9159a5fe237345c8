"""Trial: the life of the smoke test's pipeline, from its creation to its deletion."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.result import Result
from dataflowxpress.controller.tenancy import OPEN
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.text import pluralize, summarize
from dataflowxpress.standalone.existing import as_record, existing

from .deployed import Deployed
from .hops import HOPS, Hop
from .sample import CHANGE, Sample
from .table import Table
from .wait import wait

NAMED = 10  # differences in a message


@dataclass(frozen=True)
class Trial:
    """Runs all hops on *sample*; each hop may take *seconds*.

    The methods raise HopFailed, and the errors of AWS that need a person.
    """

    sample: Sample
    table: Table
    seconds: float

    @cached_property
    def deployed(self) -> Deployed:
        """The pipeline in AWS."""
        return Deployed.of(self.sample.manifest())

    def run(self) -> None:
        """Create the pipeline, convert files, compare, change, damage and correct it."""
        self.sample.write()
        with self.table.hop("create"):
            self._apply()
        with self.table.hop("upload"):
            self._upload()
        for each in HOPS:
            with self.table.hop(each.name):
                self._await(each)
        with self.table.hop("compare"):
            self._expect(set())
        with self.table.hop("change the spec"):
            self.sample.write(CHANGE)
            self._apply()
            self._expect(set())
        with self.table.hop("detect drift"):
            self._expect(self.deployed.damage())
        with self.table.hop("correct drift"):
            self._apply()
            self._expect(set())

    def remove(self) -> None:
        """Delete the pipeline with its data until AWS has nothing of it, and then its file."""
        if not self.sample.file.exists():  # nothing was created
            return
        with self.table.hop("delete"):
            wait(self._remaining, lambda left: not left, self.seconds, summarize)
        self.sample.file.unlink()

    def _apply(self) -> None:
        """Make AWS match the spec."""
        manifest = self.sample.manifest()
        manifest.record.prepare()
        reconciler = Reconciler(  # a lost event is a failure here
            manifest, stall_timeout=math.inf, tenant_policy=OPEN
        )
        wait(partial(reconciler.reconcile, *manifest.key), _is_ready, self.seconds, _ready_message)

    def _upload(self) -> None:
        """Upload the files; messages from before, such as the test event of S3, go first."""
        wait(
            lambda: sum(self.deployed.observe().queued),
            lambda depth: depth == 0,
            self.seconds,
            lambda depth: f"{depth} messages in the queues before the first upload",
        )
        self.deployed.upload()

    def _await(self, hop: Hop) -> None:
        def describe(_: bool) -> str:  # noqa: FBT001 - the answer of the poll
            return f"{_depths(self.deployed)}. Examine: {hop.look}"

        wait(lambda: hop.ended(self.deployed), bool, self.seconds, describe)

    def _expect(self, wanted: Collection[str]) -> None:
        """Wait until a plan changes exactly the *wanted* resources: reads in AWS lag."""
        wait(self._differences, lambda found: found.keys() == {*wanted}, self.seconds, _differing)

    def _differences(self) -> dict[str, str]:
        """Return the steps of a plan that are not empty, by resource."""
        manifest = self.sample.manifest()
        steps = manifest.reconciler().plan(manifest.current)
        return {str(step.id): _shown(step) for step in steps if step.action is not Action.KEEP}

    def _remaining(self) -> list[str]:
        """Delete what is in AWS, and return what is still there.

        The random name leaves no doubt whose resources they are.
        """
        if found := existing(self.sample.manifest()):
            manifest = self.sample.manifest().is_deleting()
            manifest.write_status(*manifest.key, as_record(found))
            Reconciler(manifest, tenant_policy=OPEN).delete(*manifest.key)
        return list(map(_shown, existing(self.sample.manifest())))


def _is_ready(result: Result | None) -> bool:
    return result is not None and result.success and result.status.holds("Ready")


def _ready_message(result: Result | None) -> str:
    ready = result.status["Ready"] if result else None
    return f"{ready.reason} {ready.message}".strip() if ready else "no answer"


def _shown(step: Step) -> str:
    """Return a step with its changes in one line."""
    changes: Sequence[object] = step.changes or [step.explanation]
    return f"{step.action.value} {step.id} {'; '.join(map(str, changes))}".rstrip()


def _differing(found: Mapping[str, str]) -> str:
    return summarize(list(found.values()), NAMED) or "no difference is visible"


def _depths(deployed: Deployed) -> str:
    seen = deployed.observe()
    crawl = f"the crawl is {seen.crawl.state}" if seen.crawl else "no crawl"
    runs = ", ".join(f"run {run.state}" for run in seen.runs) or "no run"
    return f"{pluralize(sum(seen.queued), 'message')} in the queues, {crawl}, {runs}"
