"""Freshness: the condition DataCurrent, true if all uploaded data is converted. Pure."""

from __future__ import annotations

from dataflowxpress.api.annotations import REDRIVE_REQUESTED, RUN_REQUESTED
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.run_states import is_failed
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Recovery
from dataflowxpress.reporting.conditions import ConditionUpdate
from dataflowxpress.reporting.text import pluralize, summarize

from .glue_activity import by_reason
from .observation import Observation
from .recovery import is_converted_without, run_failure


def data_current(
    spec: DataPipelineSpec, observation: Observation, recovery: Recovery | None
) -> ConditionUpdate:
    """Return the condition; its message names the recovery attempts, if any."""
    condition = _condition(spec, observation)
    if condition.holds or recovery is None:
        return condition
    return condition._replace(message=f"{condition.message}; {_attempts(recovery)}")


def _condition(spec: DataPipelineSpec, observation: Observation) -> ConditionUpdate:
    return (
        _failed(observation)
        or _unknown(observation)
        or _unfinished(spec, observation)
        or _finished(observation)
    )


def _unknown(observation: Observation) -> ConditionUpdate | None:
    if observation.packaged:
        return None
    message = "conversion progress is unknown because the job uses a custom script"
    return ConditionUpdate("DataCurrent", None, Reason.CUSTOM_SCRIPT, message)


def _unfinished(spec: DataPipelineSpec, observation: Observation) -> ConditionUpdate | None:
    if observation.pending:
        reason, message = _pending(spec, observation)
        if refused := _refused(observation):
            message = f"{message}; {refused}"
        return ConditionUpdate("DataCurrent", False, reason, message)
    if observation.requests:
        message = "requested objects are not reprocessed yet"
        return ConditionUpdate("DataCurrent", False, Reason.REPROCESSING, message)
    if observation.publishing:
        message = "the catalog does not show all converted objects yet"
        return ConditionUpdate("DataCurrent", False, Reason.WAITING, message)
    return None


def _pending(spec: DataPipelineSpec, observation: Observation) -> tuple[Reason, str]:
    """Return why objects are pending."""
    trigger = spec.trigger
    if not (spec.suspend or trigger.on_upload or observation.newest <= observation.ran):
        count = observation.pending.count
        verb = "waits" if count == 1 else "wait"
        times = f"{trigger.schedule}, {trigger.time_zone or 'UTC'}"
        message = f"{pluralize(count, 'uploaded object')} {verb} for the schedule {times}"
        return Reason.SCHEDULED, message
    reason = Reason.SUSPENDED if spec.suspend else Reason.WAITING
    return reason, summarize(observation.reasons) or "uploaded objects are not converted yet"


def _finished(observation: Observation) -> ConditionUpdate:
    if refused := _refused(observation):
        message = f"{refused}; all other objects are converted: correct or delete each of these"
        return ConditionUpdate("DataCurrent", False, Reason.OBJECTS_REFUSED, message)
    rejected = observation.data.rejected
    message = f"; rejected {pluralize(rejected, 'row')}" if rejected else ""
    return ConditionUpdate(
        "DataCurrent", True, Reason.CURRENT, f"all uploaded objects are converted{message}"
    )


def _refused(observation: Observation) -> str:
    """Return the number of refused objects with the newest of them; empty if there is none."""
    if not (number := observation.data.refused):
        return ""
    named = by_reason([(each.key, each.reason) for each in observation.data.refused_objects])
    return f"{pluralize(number, 'object')} refused: {summarize(named)}"


def _failed(observation: Observation) -> ConditionUpdate | None:
    if fault := observation.unknown_columns:
        return ConditionUpdate("DataCurrent", False, Reason.UNKNOWN_PARTITION, fault)
    last, crawl, dead = observation.last_run, observation.crawl, observation.data.dead_letters
    if dead:
        message = (
            f"{pluralize(dead, 'message')} in dead-letter queues: fix the cause,"
            f" then set the annotation {REDRIVE_REQUESTED} to redrive"
        )
        return ConditionUpdate("DataCurrent", False, Reason.DEAD_LETTERS, message)
    if last and is_failed(last.state):
        return ConditionUpdate("DataCurrent", False, Reason.LAST_RUN_FAILED, run_failure(last))
    if crawl and crawl.state == "Failed" and not is_converted_without(observation):
        message = f"the last crawl failed: {crawl.error}"
        # The run after it says why objects wait; Glue's error rarely names the object.
        waiting = f"; {summarize(observation.reasons)}" if observation.reasons else ""
        return ConditionUpdate("DataCurrent", False, Reason.LAST_CRAWL_FAILED, message + waiting)
    return None


def _attempts(recovery: Recovery) -> str:
    times = "once" if recovery.attempts == 1 else f"{recovery.attempts} times"
    done = f"the operator {recovery.last_action} {times}"
    if not recovery.backoff_limit_exceeded:
        return done
    return f"{done} and stopped: fix the cause, then set the annotation {RUN_REQUESTED}"
