"""Run states: each state of Glue's model has one meaning, and only one of them is a success."""

from __future__ import annotations

from datetime import UTC, datetime

import botocore.session
import pytest

from dataflowxpress.api.run_states import ACTIVE, FAILED, SUCCEEDED, is_active, is_failed
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Run, Status
from dataflowxpress.dataplane.events import events_between
from dataflowxpress.dataplane.freshness import data_current
from dataflowxpress.dataplane.recovery import RecoveryAction, decide

from .test_recovery import crawl, observation, run

GLUE = botocore.session.get_session().get_service_model("glue")
MODEL = set(GLUE.shape_for("JobRunState").enum)  # type: ignore[attr-defined]
UNKNOWN = "A_STATE_OF_TOMORROW"


def ended(state: str) -> Run:
    return run(2, state)


def test_the_states_are_those_of_glues_model() -> None:
    assert {SUCCEEDED, *ACTIVE, *FAILED} == MODEL
    assert len(MODEL) == 1 + len(ACTIVE) + len(FAILED)


@pytest.mark.parametrize("state", sorted({*MODEL, UNKNOWN}))
def test_a_run_is_active_or_failed_or_has_succeeded(state: str) -> None:
    assert [is_active(state), is_failed(state), state == SUCCEEDED].count(True) == 1


@pytest.mark.parametrize("state", sorted({*MODEL - {SUCCEEDED} - ACTIVE, UNKNOWN}))
def test_an_end_that_is_no_success_makes_data_stale_and_is_a_warning(state: str) -> None:
    found = observation(crawl=crawl(1), runs=(ended(state),))
    current = data_current(DataPipelineSpec(), found, None)
    assert (current.holds, current.reason) == (False, "LastRunFailed")
    assert state in current.message
    [event] = events_between(Status(), Status(runs=(ended(state),)))
    assert (event.type, event.reason) == ("Warning", "RunFailed")
    assert decide(found, Status(), 60, datetime.now(UTC), 60).action is RecoveryAction.RUN


@pytest.mark.parametrize("state", sorted(ACTIVE))
def test_an_active_run_is_no_event_and_needs_no_recovery(state: str) -> None:
    found = observation(crawl=crawl(1), runs=(ended(state),))
    assert [*events_between(Status(), Status(runs=(ended(state),)))] == []
    assert decide(found, Status(), 60, datetime.now(UTC), 60).action is None
