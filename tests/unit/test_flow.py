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
from dataflowxpress.cli.terminal import show
from dataflowxpress.planning.resource import Scope
from dataflowxpress.planning.step import Action, Outcome, Step
from dataflowxpress.reporting.flow import Hop, State, flow, stages
from dataflowxpress.reporting.inventory import resource_statuses

SCOPE = Scope("default/orders", "123456789012", "eu-west-1")
CUSTOM = {
    "functions": {"startCrawler": {"name": "first"}, "startJob": {"name": "second"}},
    "job": {"name": "serverlessgluejob"},
}


def ready(spec: DataPipelineSpec, **more: Any) -> Status:
    """Return the status of a pipeline whose resources all exist."""
    outcomes = [Outcome(Step(each.id, Action.KEEP)) for each in blueprint(spec, SCOPE)]
    return Status(resources=resource_statuses(outcomes, Status()), **more)


def spec_of(**spec: Any) -> DataPipelineSpec:
    return DataPipelineSpec.model_validate(spec)


def condition(kind: str, status: str, reason: str, message: str = "") -> Condition:
    about = {"type": kind, "status": status, "reason": reason, "message": message}
    return Condition.model_validate(about | {"observedGeneration": 1, "lastTransitionTime": "now"})


def hop(hops: list[Hop], part: str, stage: str = "") -> Hop:
    [found] = [each for each in hops if each.part == part and stage in {"", each.stage}]
    return found


@pytest.mark.parametrize("spec", [{}, CUSTOM], ids=["derived names", "custom names"])
def test_the_flow_has_each_hop_from_the_upload_to_the_topic(spec: dict[str, Any]) -> None:
    described = spec_of(**spec)
    hops = flow(ready(described), described)
    assert [each.part for each in hops] == [
        *("bucket", "queue", "function", "crawler", "rule", "queue"),
        *("function", "job", "catalog", "rule", "queue", "function", "topic"),
    ]
    functions = [each.name for each in hops if each.part == "function"]
    custom = ["first", "second", "default-orders-notify"]
    derived = [f"default-orders-{each}" for each in ("start-crawler", "start-job", "notify")]
    assert functions == (custom if spec else derived)


def test_without_a_crawler_the_flow_has_no_crawl() -> None:
    columns = [{"name": "id", "type": "bigint"}]
    spec = spec_of(crawler={"when": "Never"}, source={"columns": columns})
    assert [stage for stage, _, _ in stages(flow(ready(spec), spec))] == [
        *("upload", "conversion", "notification"),
    ]


FAILED_RUN = Run(
    id="jr_1", state="FAILED", started="2026-01-01T12:00:00Z", seconds=9, error="no memory"
)
QUEUE = Recovery(reason="QueueNotConsumed", message="no function receives 3 messages", work="w")


@pytest.mark.parametrize(
    ("status", "stage", "part", "state", "words"),
    [
        ({"runs": (FAILED_RUN,)}, "conversion", "job", State.FAILED, "no memory"),
        ({"recovery": QUEUE}, "upload", "queue", State.FAILED, "3 messages"),
        (
            {"last_crawl": Crawl(state="Failed", error="Access Denied")},
            *("crawl", "crawler", State.FAILED, "Access Denied"),
        ),
        (
            {"last_crawl": Crawl(state="Running", started="2026-01-01T12:00:00Z")},
            *("crawl", "crawler", State.ACTIVE, "Running 12:00:00"),
        ),
        (
            {"data": Data(waiting=2, dead_letters=0)},
            *("upload", "bucket", State.WAITING, "2 waiting"),
        ),
        (
            {"data": Data(waiting=0, refused=1, dead_letters=0)},
            *("upload", "bucket", State.FAILED, "1 refused"),
        ),
        (
            {"data": Data(dead_letters=4)},
            *("notification", "dead letters", State.FAILED, "4 messages"),
        ),
        (
            {"conditions": (condition("SubscriptionsConfirmed", "False", "Pending", "a@b.c"),)},
            *("notification", "topic", State.WAITING, "a@b.c"),
        ),
        (
            {
                "drift": (
                    Drift(resource="Job/default-orders", action="update", changes=("x: 1 -> 2",)),
                )
            },
            *("conversion", "job", State.DRIFTED, "update: x: 1 -> 2"),
        ),
    ],
    ids=[
        *("a failed run", "an unread queue", "a failed crawl", "an active crawl"),
        *("a backlog", "a refused object", "dead letters", "an address", "drift"),
    ],
)
def test_a_problem_is_at_its_hop_and_makes_its_stage_the_worst(
    status: dict[str, Any], stage: str, part: str, state: State, words: str
) -> None:
    hops = flow(ready(spec_of(), **status), spec_of())
    found = hop(hops, part, stage)
    assert (found.state, words in found.note) == (state, True), found
    states = {name: worst for name, worst, _ in stages(hops)}
    assert states[stage] is state
    others = {name: worst for name, worst in states.items() if name != stage}
    assert not {State.FAILED, State.DRIFTED, State.WAITING} & set(others.values())


def test_a_resource_that_aws_refuses_is_red_with_its_message() -> None:
    status = ready(spec_of())
    refused = tuple(
        each.model_copy(update={"state": "Refused", "message": "another owner"})
        if each.kind == "Bucket"
        else each
        for each in status.resources
    )
    found = hop(flow(status.model_copy(update={"resources": refused}), spec_of()), "bucket")
    assert (found.state, found.note) == (State.FAILED, "another owner")


def drawn(hops: list[Hop], width: int) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    lines: list[Text] = list(flow_view.tree("Flow", hops, width))
    show(console, lines)
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_tree_fits_the_terminal_and_states_are_words_and_not_only_colors(width: int) -> None:
    note = "対象のオブジェクトを読み取れません: 列の数が一致しません"
    hops = [
        Hop("upload", "bucket", "b" * 63, State.READY, "0 waiting"),
        Hop("conversion", "job", "orders", State.FAILED, note),
    ]
    lines = drawn(hops, width)
    assert max(map(cell_len, lines)) <= width
    whole = "".join("".join(lines).split()).translate(str.maketrans("", "", "│├└─"))
    assert "Failed" in whole
    assert note.replace(" ", "") in whole
    assert "b" * 63 in whole


def test_the_last_stage_and_the_last_hop_close_the_tree() -> None:
    lines = drawn(
        [Hop("upload", "bucket", "b", State.READY), Hop("crawl", "crawler", "c", State.ACTIVE)], 80
    )
    assert lines == [
        "Flow",
        "├─ ✓ upload",
        "│  └─ ✓ bucket       b",
        "└─ ▶ crawl",
        "   └─ ▶ crawler      c  Active",
    ]
