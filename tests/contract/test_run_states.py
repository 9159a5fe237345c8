"""Run states: the rule for mails lets every end of a run through that was asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence

import botocore.session
import pytest

from dataflowxpress.api.run_states import ACTIVE, SUCCEEDED
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.resources import Crawler, Job
from dataflowxpress.blueprint import blueprint, patterns
from dataflowxpress.planning.resource import only

from .conftest import Pipeline

GLUE = botocore.session.get_session().get_service_model("glue")
ENDS = set(GLUE.shape_for("JobRunState").enum) - ACTIVE  # type: ignore[attr-defined]


@pytest.mark.parametrize("outcomes", [("Succeeded",), ("Failed",), ("Succeeded", "Failed")])
def test_each_end_of_a_run_is_a_success_or_a_failure_to_the_rule(
    pipeline: Pipeline, outcomes: Sequence[str]
) -> None:
    wanted = blueprint(DataPipelineSpec(), pipeline.scope)
    job = only(wanted, Job)
    pattern = json.dumps(patterns.notified(only(wanted, Crawler), job, outcomes))
    events = pipeline.cloud.others("events")

    def matches(state: str) -> bool:
        event = {
            "id": "1",
            "source": "aws.glue",
            "account": pipeline.scope.account,
            "region": pipeline.scope.region,
            "time": "2026-01-01T00:00:00Z",
            "resources": [],
            "detail-type": "Glue Job State Change",
            "detail": {"jobName": job.name, "state": state},
        }
        answer = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
        return bool(answer["Result"])

    failures = {*ENDS - {SUCCEEDED}, "A_STATE_OF_TOMORROW"}
    expected = {SUCCEEDED} if "Succeeded" in outcomes else set()
    expected |= failures if "Failed" in outcomes else set()
    assert {state for state in {*ENDS, *failures, *ACTIVE} if matches(state)} == expected
