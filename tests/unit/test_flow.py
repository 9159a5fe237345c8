"""Flow: the path of the data with the state of each hop, and the tree that shows it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.api.status import Condition, Crawl, Data, Drift, Recovery, Run, Status
from dataflowxpress.blueprint import blueprint
from dataflowxpress.cli import flow_view
from dataflowxpress.cli.flow_view import note_of
from dataflowxpress.cli.terminal import show
from dataflowxpress.planning.resource import Scope
from dataflowxpress.planning.step import Action, Outcome, Step
from dataflowxpress.reporting.activity import Activity
from dataflowxpress.reporting.flow import Node, flow, stages
from dataflowxpress.reporting.health import Health
from dataflowxpress.reporting.hops import Hop
from dataflowxpress.reporting.inventory import resource_statuses

SCOPE = Scope("default/orders", "123456789012", "eu-west-1")
CUSTOM = {
    "functions": {"startCrawler": {"name": "first"}, "startJob": {"name": "second"}},
    "job": {"name": "serverlessgluejob"},
}


def ready(spec: DataPipelineSpec, **more: Any) -> Status:
    """Return the status of a pipeline whose resources all exist."""
    outcomes = [Outcome(Step(each.id, Action.KEEP)) for each in blueprint(spec, SCOPE)]
    resources = resource_statuses(outcomes, Status())
    return Status(observed_generation=1, applied_generation=1, resources=resources, **more)


def spec_of(**spec: Any) -> DataPipelineSpec:
    return DataPipelineSpec.model_validate(spec)


def condition(kind: str, status: str, reason: str, message: str = "") -> Condition:
    about = {"type": kind, "status": status, "reason": reason, "message": message}
    return Condition.model_validate(about | {"observedGeneration": 1, "lastTransitionTime": "now"})


def node(nodes: list[Node], name: str) -> Node:
    [found] = [each for each in nodes if each.hop.id == name]
    return found


def fields(spec: DataPipelineSpec) -> dict[str, Any]:
    return spec.model_dump(by_alias=True, mode="json")


@pytest.mark.parametrize("spec", [{}, CUSTOM], ids=["derived names", "custom names"])
def test_the_flow_has_each_hop_from_the_upload_to_the_mail(spec: dict[str, Any]) -> None:
    described = spec_of(**spec)
    nodes = flow(ready(described), fields(described))
    assert [each.hop.id for each in nodes] == [
        *("uploads", "uploads-queue", "crawl-requests", "start-crawler", "crawler", "catalog"),
        *("crawls", "start-job", "job", "parquet", "outcomes", "notify", "topic"),
    ]
    functions = [each.name for each in nodes if each.hop.service == "Lambda"]
    custom = ["first", "second", "default-orders-notify"]
    derived = [f"default-orders-{each}" for each in ("start-crawler", "start-job", "notify")]
    assert functions == (custom if spec else derived)


def test_without_a_crawler_the_flow_has_no_crawl() -> None:
    columns = [{"name": "id", "type": "bigint"}]
    spec = spec_of(crawler={"when": "Never"}, source={"columns": columns})
    collect = next(members for stage, _, members in stages(flow(ready(spec), fields(spec))))
    assert [each.hop.id for each in collect] == ["uploads", "uploads-queue", "catalog"]


FAILED_RUN = Run(
    id="jr_1", state="FAILED", started="2026-01-01T12:00:00Z", seconds=9, error="no memory"
)
QUEUE = Recovery(reason="QueueNotConsumed", message="no function receives 3 messages", work="w")
REFUSED = condition("DataCurrent", "False", "ObjectsRefused", "1 object refused: a.csv")
CHANGED = Drift(resource="Job/default-orders", action="update", changes=("x: 1 -> 2",))


@pytest.mark.parametrize(
    ("status", "name", "health", "words"),
    [
        ({"runs": (FAILED_RUN,)}, "job", Health.FAILING, "failed, 2026-01-01 12:00:09: no memory"),
        ({"recovery": QUEUE}, "uploads-queue", Health.FAILING, "3 messages"),
        (
            {"last_crawl": Crawl(state="Failed", error="Access Denied")},
            *("crawler", Health.FAILING, "Access Denied"),
        ),
        (
            {"last_crawl": Crawl(state="Running", started="2026-01-01T12:00:00Z")},
            *("crawler", Health.ACTIVE, "running, 2026-01-01 12:00:00"),
        ),
        ({"data": Data(waiting=2, dead_letters=0)}, "uploads", Health.WAITING, "2 waiting"),
        (
            {"data": Data(refused=1, dead_letters=0), "conditions": (REFUSED,)},
            *("uploads", Health.FAILING, "1 refused: 1 object refused: a.csv"),
        ),
        ({"data": Data(dead_letters=4)}, "uploads-queue", Health.FAILING, "4 dead letters"),
        (
            {"conditions": (condition("SubscriptionsConfirmed", "False", "Pending", "a@b.c"),)},
            *("topic", Health.WAITING, "a@b.c"),
        ),
        ({"drift": (CHANGED,)}, "job", Health.DRIFTING, "differs from the spec"),
    ],
    ids=[
        *("a failed run", "an unread queue", "a failed crawl", "an active crawl"),
        *("a backlog", "a refused object", "dead letters", "an address", "drift"),
    ],
)
def test_a_problem_is_at_its_hop_and_makes_its_stage_the_worst(
    status: dict[str, Any], name: str, health: Health, words: str
) -> None:
    nodes = flow(ready(spec_of(), **status), fields(spec_of()))
    found = node(nodes, name)
    assert (found.state.health, words in note_of(found.state)) == (health, True), found
    states = {stage: worst for stage, worst, _ in stages(nodes)}
    assert states[found.hop.stage] is health
    others = {worst for stage, worst in states.items() if stage != found.hop.stage}
    assert not {Health.FAILING, Health.DRIFTING, Health.WAITING} & others


def test_a_resource_that_aws_refuses_is_red_with_its_message() -> None:
    status = ready(spec_of())
    refused = tuple(
        each.model_copy(update={"state": "Refused", "message": "another owner"})
        if each.kind == "Bucket"
        else each
        for each in status.resources
    )
    changed = status.model_copy(update={"resources": refused})
    found = node(flow(changed, fields(spec_of())), "uploads")
    assert (found.state.health, found.state.message) == (Health.FAILING, "another owner")


def drawn(nodes: list[Node], width: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    lines: list[Text] = list(flow_view.tree("Flow", nodes, width))
    show(console, lines)
    return file.getvalue().splitlines()


def made(stage: str, title: str, name: str, health: Health, message: str = "") -> Node:
    """Return a hop in this state."""
    hop = Hop("id", stage, title, "AWS", ())
    return Node(hop, name, "", (), Activity(health, message=message))


def test_the_tree_repeats_no_message_of_a_condition() -> None:
    message = "not confirmed by me@example.com: open the link"
    nodes = [made("Notify", "Emails", "default-orders", Health.WAITING, message)]
    text = "\n".join(line.plain for line in flow_view.tree("Flow", nodes, 80, {message}))
    assert "Waiting" in text
    assert "me@example.com" not in text


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_tree_fits_the_terminal_and_states_are_words_and_not_only_colors(width: int) -> None:
    note = "対象のオブジェクトを読み取れません: 列の数が一致しません"
    nodes = [
        made("Collect", "Uploads", "b" * 63, Health.HEALTHY, "0 waiting"),
        made("Convert", "Spark job", "orders", Health.FAILING, note),
    ]
    lines = drawn(nodes, width)
    assert max(map(cell_len, lines)) <= width
    whole = "".join("".join(lines).split()).translate(str.maketrans("", "", "│├└─"))
    assert "Failing" in whole
    assert note.replace(" ", "") in whole
    assert "b" * 63 in whole


def test_the_last_stage_and_the_last_hop_close_the_tree() -> None:
    nodes = [
        made("Collect", "Uploads", "b", Health.HEALTHY),
        made("Convert", "Spark job", "c", Health.ACTIVE),
    ]
    assert drawn(nodes, 80) == [
        "Flow",
        "├─ ✓ Collect",
        "│  └─ ✓ Uploads             b",
        "└─ ▶ Convert",
        "   └─ ▶ Spark job           c  Active",
    ]
