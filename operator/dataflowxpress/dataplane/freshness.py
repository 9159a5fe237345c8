"""Freshness: the condition DataCurrent, true if all uploaded data is converted. Pure."""

from __future__ import annotations

from dataflowxpress.api.annotations import REDRIVE_REQUESTED, RUN_REQUESTED
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import is_failed
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Recovery
from dataflowxpress.reporting.conditions import ConditionUpdate
from dataflowxpress.reporting.text import pluralize, summarize

from .observation import Observation
from .recovery import run_failure


def data_current(
    spec: DataPipelineSpec, observation: Observation, recovery: Recovery | None
) -> ConditionUpdate:
    """Return the condition; its message names the recovery attempts, if any."""
    condition = _condition(spec, observation)
    if condition.holds or recovery is None:
        return condition
    return condition._replace(message=f"{condition.message}; {_attempts(recovery)}")


def _condition(spec: DataPipelineSpec, observation: Observation) -> ConditionUpdate:
    if failed := _failed(observation):
        return failed
    if not observation.packaged:
        message = "conversion progress is unknown because the job uses a custom script"
        return ConditionUpdate("DataCurrent", None, Reason.CUSTOM_SCRIPT, message)
    if observation.pending:
        reason = Reason.SUSPENDED if spec.suspend else Reason.WAITING
        message = summarize(observation.reasons) or "uploaded objects are not converted yet"
        return ConditionUpdate("DataCurrent", False, reason, message)
    if observation.requests:
        return ConditionUpdate(
            "DataCurrent", False, Reason.REPROCESSING, "requested objects are not reprocessed yet"
        )
    if observation.publishing:
        message = (
            "all uploaded objects are converted, but the catalog does not show all of them yet"
        )
        return ConditionUpdate("DataCurrent", False, Reason.WAITING, message)
    rejected = observation.data.rejected
    message = f"; rejected {pluralize(rejected, 'row')}" if rejected else ""
    return ConditionUpdate(
        "DataCurrent", True, Reason.CURRENT, f"all uploaded objects are converted{message}"
    )


def _failed(observation: Observation) -> ConditionUpdate | None:
    last, crawl, dead = observation.last_run, observation.crawl, observation.data.dead_letters
    if dead:
        message = (
            f"{pluralize(dead, 'message')} in dead-letter queues: fix the cause,"
            f" then set the annotation {REDRIVE_REQUESTED} to redrive"
        )
        return ConditionUpdate("DataCurrent", False, Reason.DEAD_LETTERS, message)
    if last and is_failed(last.state):
        return ConditionUpdate("DataCurrent", False, Reason.LAST_RUN_FAILED, run_failure(last))
    if crawl and crawl.state == "Failed":
        return ConditionUpdate("DataCurrent", False, Reason.LAST_CRAWL_FAILED, crawl.error)
    return None


def _attempts(recovery: Recovery) -> str:
    times = "once" if recovery.attempts == 1 else f"{recovery.attempts} times"
    done = f"the operator {recovery.last_action} {times}"
    if not recovery.backoff_limit_exceeded:
        return done
    return f"{done} and stopped: fix the cause, then set the annotation {RUN_REQUESTED}"
