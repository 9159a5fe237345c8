"""Worker: does what is due for a pipeline, and tells users, logs and metrics what came of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Protocol

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.kube.client import UNANSWERED
from dataflowxpress.telemetry.pipelines import Pipelines
from dataflowxpress.telemetry.reconciliation import observed

from .reconciler import Reconciler, Report
from .workqueue import Agenda

log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Who keeps Events."""

    def record(self, reference: Reference, event: Event) -> None:
        """Keep one; not to be able to is no failure."""
        ...


@dataclass(frozen=True)
class Worker:
    """Works on one pipeline at a time in each thread that calls it."""

    reconciler: Reconciler
    agenda: Agenda
    recorder: Recorder
    pipelines: Pipelines = field(default_factory=Pipelines)

    def take_up(self, reference: Reference) -> None:
        """Do what is due, if it still is; a failure is tried again, whatever it was."""
        with self.agenda.work(reference):
            what = self.agenda.due(reference.uid)
            try:
                if what:
                    self._work(reference, what)
            except UNANSWERED as error:
                log.warning("%s: waits for the API server: %s", reference, error)
                self.agenda.fail(reference.uid, resynced=what == "resync")
            except Exception:
                log.exception("%s: the work on it has failed", reference)
                self.agenda.fail(reference.uid, resynced=what == "resync")

    def delete(self, reference: Reference) -> Report | None:
        """Remove what the deletion policy does not keep; None where nothing is left to do."""
        with (
            self.agenda.work(reference) as get_on,
            observed("delete", **reference.fields) as work,
        ):
            report = self.reconciler.delete(reference.namespace, reference.name, get_on)
            work.outcome = _outcome(report)
            if report and not report.settled:
                self._tell(reference, report)
                return report
        self.forget(reference)
        return None

    def forget(self, reference: Reference) -> None:
        """Drop what is known of a pipeline that is gone."""
        self.agenda.forget(reference.uid)
        self.pipelines.forget(reference.namespace, reference.name)

    def _work(self, reference: Reference, what: str) -> None:
        task = self.reconciler.reconcile if what == "resync" else self.reconciler.look
        with observed(task.__name__, **reference.fields) as work:
            try:
                report = task(reference.namespace, reference.name)
            except UNANSWERED:
                work.outcome = "unsettled"
                raise
            work.outcome = _outcome(report)
        if report is None:  # it is gone, or going: `delete` has the last word
            self.agenda.forget(reference.uid)
            return
        self.agenda.note(reference.uid, report, resynced=what == "resync")
        self._tell(reference, report, compared=what == "resync")

    def _tell(self, reference: Reference, report: Report, *, compared: bool = False) -> None:
        """Tell what has happened: Events to users, log lines and metrics to who runs us."""
        namespace, name = reference.namespace, reference.name
        self.pipelines.see(namespace, name, report.status, compared=compared)
        for event in report.events:
            level = logging.WARNING if event.type == "Warning" else logging.INFO
            log.log(level, "%s: %s: %s", reference, event.reason, event.message)
            self.recorder.record(reference, event)


def _outcome(report: Report | None) -> str:
    if report is None:
        return "gone"
    return "settled" if report.settled else "unsettled"
