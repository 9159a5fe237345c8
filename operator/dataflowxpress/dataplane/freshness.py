"""Judgement: whether all data is converted, as the condition DataCurrent. Pure."""

from __future__ import annotations

from dataflowxpress.api.annotations import REDRIVE_REQUESTED, RUN_REQUESTED
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Backstop
from dataflowxpress.reporting.conditions import Fact, counted, listed

from .observation import ENDED_BADLY, Facts


def data_current(spec: DataPipelineSpec, facts: Facts, backstop: Backstop | None) -> Fact:
    """Return the condition, with what the backstop has done about it."""
    fact = _said(spec, facts)
    if fact.holds or backstop is None:
        return fact
    return fact._replace(message=f"{fact.message}; {_tried(backstop)}")


def _said(spec: DataPipelineSpec, facts: Facts) -> Fact:
    if failed := _failed(facts):
        return failed
    if not facts.packaged:
        said = "the script is not ours: what it has converted cannot be known"
        return Fact("DataCurrent", None, Reason.OWN_SCRIPT, said)
    if facts.pending:
        reason = Reason.SUSPENDED if spec.suspend else Reason.WAITING
        said = listed(facts.reasons) or "uploaded objects are not converted yet"
        return Fact("DataCurrent", False, reason, said)
    if facts.requests:
        return Fact("DataCurrent", False, Reason.REPROCESSING, "objects are to be converted again")
    if facts.publishing:
        said = "all uploaded objects are converted, and on their way into the catalog"
        return Fact("DataCurrent", False, Reason.WAITING, said)
    rejected = facts.data.rejected
    said = f"; {counted(rejected, 'row')} did not fit" if rejected else ""
    return Fact("DataCurrent", True, Reason.CURRENT, f"all uploaded objects are converted{said}")


def _failed(facts: Facts) -> Fact | None:
    last, crawl, dead = facts.last_run, facts.crawl, facts.data.dead_letters
    if dead:
        said = (
            f"{counted(dead, 'message')} could not be dealt with:"
            f" remove the cause, then set the annotation {REDRIVE_REQUESTED}"
        )
        return Fact("DataCurrent", False, Reason.DEAD_LETTERS, said)
    if last and last.state in ENDED_BADLY:
        return Fact("DataCurrent", False, Reason.LAST_RUN_FAILED, f"{last.id}: {last.error}")
    if crawl and crawl.state == "Failed":
        return Fact("DataCurrent", False, Reason.LAST_CRAWL_FAILED, crawl.error)
    return None


def _tried(backstop: Backstop) -> str:
    times = "once" if backstop.attempts == 1 else f"{backstop.attempts} times"
    done = f"{backstop.did} {times}"
    if not backstop.gave_up:
        return done
    return f"{done}, and given up: remove the cause, then set the annotation {RUN_REQUESTED}"
