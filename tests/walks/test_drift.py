"""Drift of a live pipeline: reported or healed as asked, and nothing at all while it is paused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.clients import clients
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Resource
from dataflowxpress_sandbox.aws.faults import Faults
from tests.contract.conftest import scope_of
from tests.contract.samples import SAMPLES
from tests.walks.conftest import Life

SPEC = {"deletionPolicy": "Delete", "notifications": {"emails": ["ann@example.com"]}}
DATED = {"Alarm", "Crawler", "Function", "Job", "Object", "Queue"}  # AWS tells when they changed
UNTOUCHED = {"Subscription"}  # has no property that somebody could change


@pytest.fixture
def live(life: Life) -> Iterator[Life]:
    life.create(SPEC)
    life.converge()
    yield life
    life.delete()
    life.end()
    assert life.owned() == set()


def one_of_each_kind(live: Life) -> dict[str, Resource]:
    wanted = blueprint(DataPipelineSpec.model_validate(SPEC), scope_of(live.owner))
    return {type(each).__name__: each for each in wanted}


def meddle(live: Life) -> set[str]:
    """Change one resource of each kind behind the operator's back."""
    meddled = set()
    for kind, its in one_of_each_kind(live).items():
        if kind not in UNTOUCHED:
            SAMPLES[kind].meddle(live.world.admin(its.service), its)
            meddled.add(str(its.id))
    return meddled


def drifted(live: Life) -> tuple[str, str]:
    condition = live.status["Drifted"]
    assert condition
    return condition.status, condition.reason


def test_drift_is_reported_and_left_alone_and_then_healed_as_the_policy_says(live: Life) -> None:
    live.change({**SPEC, "driftPolicy": "Report"})
    live.converge()
    meddled = meddle(live)
    live.world.wire.restart()
    live.converge()  # AWS may still be at what was changed
    assert live.world.wire.writes == []
    found = {drift.resource: drift for drift in live.status.drift}
    assert found.keys() == meddled
    assert drifted(live) == ("True", "Reported")
    ready = live.status["Ready"]
    assert ready
    assert (
        f"{len(meddled)} of {len(live.status.resources)} resources differ from it" in ready.message
    )
    assert {name.partition("/")[0] for name, drift in found.items() if drift.since} == DATED
    changes = [change for drift in found.values() for change in drift.changes]
    assert all("->" in change or re.fullmatch(r"and \d+ more", change) for change in changes)

    live.change(SPEC)
    live.converge()
    assert live.status.drift == ()


@pytest.mark.extended
def test_a_failure_is_no_reason_to_heal_what_is_only_to_be_reported(live: Life) -> None:
    live.change({**SPEC, "driftPolicy": "Report"})
    live.converge()
    meddled = meddle(live)
    with Faults(live.world.aws).during("fail", "sts:GetCallerIdentity", error="ExpiredToken"):
        clients.cache_clear()
        assert not live.reconcile().success
    live.world.connect()
    live.world.wire.restart()
    live.converge()
    assert live.world.wire.writes == []
    assert {drift.resource for drift in live.status.drift} == meddled


@pytest.mark.extended
def test_drift_is_corrected_and_reported_by_property(live: Life) -> None:
    meddled = meddle(live)
    report = live.reconcile()
    assert drifted(live) == ("False", "Corrected")
    (reported,) = [event for event in report.events if event.reason == "DriftCorrected"]
    assert reported.message.partition(" ")[0] in meddled
    assert f"and {len(meddled) - 3} more" in reported.message
    live.world.wire.restart()
    live.converge()
    assert live.world.wire.writes == []


@pytest.mark.extended
def test_what_was_deleted_comes_back(live: Life) -> None:
    gone = one_of_each_kind(live)["Alarm"]
    gone.delete(live.world.admin(gone.service), *gone.key)
    live.reconcile()
    condition = live.status["Drifted"]
    assert condition
    assert condition.message == f"{gone.id} (create)"
    live.converge()


@pytest.mark.extended
def test_a_strangers_mark_is_reported_where_nothing_is_corrected(live: Life) -> None:
    live.change({**SPEC, "driftPolicy": "Report"})
    live.converge()
    topic = one_of_each_kind(live)["Topic"]
    stolen = [{"Key": "dataflowxpress.io/pipeline", "Value": "default/thief"}]
    live.world.admin("sns").tag_resource(ResourceArn=topic.arn, Tags=stolen)
    live.reconcile()
    drift = {each.resource: each.changes for each in live.status.drift}
    assert "belongs to pipeline default/thief" in drift[str(topic.id)][0]
    ours = [{"Key": "dataflowxpress.io/pipeline", "Value": live.owner}]
    live.world.admin("sns").tag_resource(ResourceArn=topic.arn, Tags=ours)


@pytest.mark.extended
def test_a_paused_pipeline_makes_no_call_at_all(live: Life) -> None:
    meddle(live)
    live.annotate(paused="true")
    live.world.wire.restart()
    assert live.reconcile().success
    live.world.operator.poll("default", live.name)
    assert [call for call in live.world.wire.calls if call != "status"] == []
    doing = live.status["Reconciling"]
    assert doing
    assert doing.reason == "Paused"
    live.annotate(paused="false")
    live.converge()
    assert live.world.wire.writes != []
