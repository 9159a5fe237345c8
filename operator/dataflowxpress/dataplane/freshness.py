"""Judgement: whether all data is converted, as the condition DataCurrent. Pure."""

from __future__ import annotations

from dataflowxpress.api.annotations import REDRIVE_REQUESTED, RUN_REQUESTED
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import is_failed
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Recovery
from dataflowxpress.reporting.conditions import ConditionUpdate, counted, listed

from .observation import Observation


def data_current(
    spec: DataPipelineSpec, observation: Observation, recovery: Recovery | None
) -> ConditionUpdate:
    """Return the condition, with what the backstop has done about it."""
    fact = _condition(spec, observation)
    if fact.holds or recovery is None:
        return fact
    return fact._replace(message=f"{fact.message}; {_attempts(recovery)}")


def _condition(spec: DataPipelineSpec, observation: Observation) -> ConditionUpdate:
    if failed := _failed(observation):
        return failed
    if not observation.packaged:
        message = "the script is not ours: what it has converted cannot be known"
        return ConditionUpdate("DataCurrent", None, Reason.CUSTOM_SCRIPT, message)
    if observation.pending:
        reason = Reason.SUSPENDED if spec.suspend else Reason.WAITING
        message = listed(observation.reasons) or "uploaded objects are not converted yet"
        return ConditionUpdate("DataCurrent", False, reason, message)
    if observation.requests:
        return ConditionUpdate(
            "DataCurrent", False, Reason.REPROCESSING, "objects are to be converted again"
        )
    if observation.publishing:
        message = "all uploaded objects are converted, and on their way into the catalog"
        return ConditionUpdate("DataCurrent", False, Reason.WAITING, message)
    rejected = observation.data.rejected
    message = f"; {counted(rejected, 'row')} did not fit" if rejected else ""
    return ConditionUpdate(
        "DataCurrent", True, Reason.CURRENT, f"all uploaded objects are converted{message}"
    )


def _failed(observation: Observation) -> ConditionUpdate | None:
    last, crawl, dead = observation.last_run, observation.crawl, observation.data.dead_letters
    if dead:
        message = (
            f"{counted(dead, 'message')} could not be dealt with:"
            f" remove the cause, then set the annotation {REDRIVE_REQUESTED}"
        )
        return ConditionUpdate("DataCurrent", False, Reason.DEAD_LETTERS, message)
    if last and is_failed(last.state):
        return ConditionUpdate(
            "DataCurrent", False, Reason.LAST_RUN_FAILED, f"{last.id}: {last.error or last.state}"
        )
    if crawl and crawl.state == "Failed":
        return ConditionUpdate("DataCurrent", False, Reason.LAST_CRAWL_FAILED, crawl.error)
    return None


def _attempts(recovery: Recovery) -> str:
    times = "once" if recovery.attempts == 1 else f"{recovery.attempts} times"
    done = f"{recovery.did} {times}"
    if not recovery.backoff_limit_exceeded:
        return done
    return f"{done}, and given up: remove the cause, then set the annotation {RUN_REQUESTED}"
