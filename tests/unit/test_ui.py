"""The page: what it says of a pipeline, from the status alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import yaml

from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.blueprint import artifacts
from dataflowxpress.reporting.health import Health, decisive
from dataflowxpress.reporting.hops import HOPS, OTHER, assigned
from dataflowxpress.ui.detail import change_of, sections
from dataflowxpress.ui.fleet import UNREADABLE, Fleet
from dataflowxpress.ui.flow import flow
from dataflowxpress.ui.overview import row
from dataflowxpress.ui.streams import Rows
from tests.ui import scenes

OWNER = "shop/orders"
COMPLETE = yaml.safe_load(artifacts.path("examples/complete.yaml").read_text().split("---\n")[1])
NAMED = {"startCrawler": {"name": "a"}, "startJob": {"name": "b"}, "notify": {"name": "c"}}
SPECS: dict[str, dict[str, Any]] = {
    "defaults": {"notifications": {"emails": ["a@b.cd"]}},
    "every field": COMPLETE["spec"],
    "no crawler": {
        "crawler": {"when": "Never"},
        "source": {"columns": [{"name": "id", "type": "string"}]},
    },
    "names of its own": {
        "functions": NAMED,
        "source": {"prefix": "in/"},
        "target": {"prefix": "out/"},
    },
}


def pipeline(observed: Status | None = None, **spec: Any) -> Pipeline:
    return Pipeline(scenes.body("orders", observed, **spec))


def hops(observed: Status | None = None, **spec: Any) -> dict[str, Any]:
    return {hop["id"]: hop for hop in flow(pipeline(observed, **spec))}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_resource_of_a_pipeline_belongs_to_one_hop(spec: dict[str, Any]) -> None:
    shown = scenes.body("orders", **spec)
    found = Status.model_validate(shown["status"]).resources
    by_hop = dict(assigned(Status.model_validate(shown["status"]), shown["spec"]))
    assert OTHER not in by_hop
    members = [each for hop in by_hop.values() for each in hop]
    assert sorted(str(each.id) for each in members) == sorted(str(each.id) for each in found)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_hop_of_a_ready_pipeline_has_a_resource(spec: dict[str, Any]) -> None:
    found = hops(**spec)
    absent = {"Never": 4, "Always": 1, "NewColumns": 0}[
        DataPipelineSpec.model_validate(spec).crawls
    ]
    assert len(found) == len(HOPS) - absent
    assert {name for name, hop in found.items() if hop["health"] == "unknown"} == set()


def test_a_resource_of_a_later_version_is_shown_and_its_failure_too() -> None:
    later = ResourceStatus(
        kind="StateMachine", name="x", key=("x",), state="Failed", message="denied"
    )
    found = hops(scenes.status(OWNER, resources=(*scenes.resources(OWNER), later)))
    assert (found["other"]["health"], found["other"]["message"]) == ("failing", "denied")


def test_a_queue_hop_shows_its_queue_and_not_the_one_of_dead_letters() -> None:
    assert hops()["uploads-queue"]["name"] == "shop-orders-uploads"


def test_a_failed_resource_is_a_failing_hop_with_the_message_and_the_fix() -> None:
    broken = ResourceStatus(
        kind="Queue",
        name="shop-orders-crawls",
        key=("shop-orders-crawls",),
        state="Failed",
        message="not allowed: sqs:CreateQueue",
    )
    others = [each for each in scenes.resources(OWNER) if each.id != broken.id]
    denied = scenes.conditions(Ready=("False", "AccessDenied", "Queue/shop-orders-crawls: denied"))
    found = hops(scenes.status(OWNER, resources=(*others, broken), conditions=denied))
    assert found["crawls"]["health"] == "failing"
    assert found["crawls"]["message"] == "not allowed: sqs:CreateQueue"
    assert found["crawls"]["fix"] == Reason.ACCESS_DENIED.fix
    assert found["crawls"]["resources"][0]["name"] == "shop-orders-crawls"
    assert {hop["id"] for hop in found.values() if hop["health"] == "failing"} == {"crawls"}


def test_a_failed_run_makes_the_job_the_failing_hop() -> None:
    found = hops(scenes.failing(OWNER))
    assert {hop["id"] for hop in found.values() if hop["health"] == "failing"} == {"job"}
    assert found["job"]["message"] == "ValueError: no column id"
    assert found["job"]["fix"] == Reason.LAST_RUN_FAILED.fix


def test_uploads_that_wait_are_counted_at_the_first_hop() -> None:
    found = hops(scenes.waiting(OWNER))["uploads"]
    assert (found["health"], found["figure"], found["unit"]) == ("waiting", 7, "waiting")


def test_drift_marks_the_hop_of_the_resource() -> None:
    found = hops(scenes.drifting(OWNER))
    assert {hop["id"] for hop in found.values() if hop["health"] == "drifting"} == {"uploads-queue"}


def test_an_object_that_the_job_refuses_marks_the_uploads() -> None:
    found = hops(scenes.refusing(OWNER))["uploads"]
    assert (found["health"], found["figure"]) == ("failing", 1)


def test_a_new_pipeline_has_only_unknown_hops() -> None:
    assert {hop["health"] for hop in hops(Status()).values()} == {"unknown"}


def test_figures_that_the_status_lacks_are_unknown_and_not_zero() -> None:
    found = row(pipeline(Status(observed_generation=1, conditions=scenes.conditions())))
    names = ("waiting", "rows", "objects", "rejected", "deadLetters")
    assert {found[name] for name in names} == {None}


def test_a_status_of_an_older_spec_says_nothing_about_the_pipeline() -> None:
    changed = scenes.body("orders")
    changed["metadata"]["generation"] = 2
    assert decisive(Pipeline(changed)) == (Health.UNKNOWN, None)


@pytest.mark.parametrize(
    ("different", "health"),
    [
        ({}, "healthy"),
        ({"DataCurrent": ("False", "Waiting", "")}, "waiting"),
        ({"DataCurrent": ("False", "Suspended", "")}, "waiting"),
        ({"DataCurrent": ("Unknown", "CustomScript", "")}, "unknown"),
        ({"DataCurrent": ("False", "DeadLetters", "")}, "failing"),
        ({"DataCurrent": ("False", "ReasonOfALaterVersion", "")}, "failing"),
        ({"Drifted": ("True", "Reported", "")}, "drifting"),
        ({"Ready": ("False", "Creating", "")}, "waiting"),
        ({"Ready": ("False", "Refused", ""), "Drifted": ("True", "Reported", "")}, "failing"),
        ({"SubscriptionsConfirmed": ("False", "PendingConfirmation", "")}, "healthy"),
    ],
)
def test_the_worst_condition_decides_the_state(different: dict[str, Any], health: str) -> None:
    found = pipeline(scenes.status(OWNER, conditions=scenes.conditions(**different)))
    assert row(found)["health"] == health


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Timeout: 3 -> 60", {"path": "Timeout", "old": "3", "new": "60"}),
        ("A.b: none -> a:b", {"path": "A.b", "old": "none", "new": "a:b"}),
        ("Text: a -> b -> c", {"text": "Text: a -> b -> c"}),
        ("and 3 more", {"text": "and 3 more"}),
    ],
)
def test_a_difference_is_split_only_if_it_is_clear(text: str, shown: dict[str, str]) -> None:
    assert change_of(text) == shown


def test_a_status_that_this_version_cannot_read_is_said_to_be_unreadable() -> None:
    fleet, later = Fleet(), scenes.body("orders")
    later["status"]["resources"] = "a list in this version"
    fleet.pipelines.put(later)
    assert fleet.pipelines.rows["shop", "orders"]["message"] == UNREADABLE
    found = fleet.sections(("shop", "orders"))
    assert found is not None
    assert found["row"]["health"] == "unknown"


class Tenant:
    """A user who may do everything in one namespace."""

    async def may(self, verb: str, resource: str, namespace: str) -> bool:  # noqa: ARG002
        return namespace == "shop"


def test_a_viewer_gets_changes_of_the_own_namespaces_alone() -> None:
    fleet = Fleet()
    rows = Rows(fleet)
    fleet.pipelines.replace("", [scenes.body("orders"), scenes.body("x", namespace="secret")])
    first = asyncio.run(rows.message(Tenant(), set()))
    assert [each["id"] for each in first["rows"]] == ["shop/orders"]
    fleet.pipelines.put(scenes.body("orders", scenes.waiting(OWNER)))
    change = asyncio.run(rows.message(Tenant(), {("shop", "orders"), ("secret", "x")}))
    assert change["rows"][0]["waiting"] == 7
    assert "created" not in change["rows"][0], "only what changed is sent"
    fleet.pipelines.replace("", [])
    assert asyncio.run(rows.message(Tenant(), set())) == {"gone": ["shop/orders"]}


def test_one_namespace_that_is_current_hides_no_problem_of_another() -> None:
    pipelines = Fleet(["shop", "data"]).pipelines
    pipelines.report("shop", "403 Forbidden")
    pipelines.report("data", "")
    assert pipelines.problem == "shop: 403 Forbidden"
    pipelines.report("shop", "")
    assert pipelines.problem == ""


def test_a_list_of_one_namespace_removes_no_pipeline_of_another() -> None:
    fleet = Fleet()
    fleet.pipelines.put(scenes.body("x", namespace="other"))
    fleet.pipelines.replace("shop", [scenes.body("orders")])
    assert fleet.pipelines.rows.keys() == {("other", "x"), ("shop", "orders")}


def test_the_newest_event_is_the_first() -> None:
    events = [
        {
            "metadata": {"uid": str(hour)},
            "involvedObject": {"namespace": "shop", "name": "orders"},
            "lastTimestamp": f"2026-11-26T{hour:02}:00:00Z",
        }
        for hour in (9, 11, 10)
    ]
    fleet = Fleet()
    fleet.events.replace("", events)
    newest = fleet.events.newest(("shop", "orders"))
    found = sections(pipeline(), newest)["events"]
    assert [each["id"] for each in found] == ["11", "10", "9"]
