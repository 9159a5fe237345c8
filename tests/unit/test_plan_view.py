"""Plan view: what people read of a plan, and what programs do."""

from __future__ import annotations

from dataflowxpress.aws.errors import problem
from dataflowxpress.cli.plan_view import shown
from dataflowxpress.planning.diff import Change
from dataflowxpress.planning.step import Action, Step
from dataflowxpress.reporting.plans import as_document, summary

from .conftest import SCOPE, Box, aws_error

BOX = Box(SCOPE, "a", labels={"team": "data"})
WIDER = Change(("Policy",), {"Action": ["s3:Get*"]}, {"Action": ["s3:Get*", "s3:Put*"]})
STEPS = [
    Step(BOX.id, Action.CREATE, BOX),
    Step(Box(SCOPE, "b").id, Action.UPDATE, changes=(Change(("Size",), 1, 2), WIDER)),
    Step(Box(SCOPE, "c").id, Action.KEEP),
    Step(Box(SCOPE, "d").id, Action.DELETE),
    Step(Box(SCOPE, "e").id, Action.REFUSE, reason="exists and belongs to no pipeline"),
    Step(Box(SCOPE, "f").id, Action.REFUSE, problem=problem(aws_error("AccessDenied", "no"))),
]


def text(*, everything: bool = False) -> list[str]:
    return [line.plain for line in shown(STEPS, everything=everything)]


def test_a_plan_reads_as_signs_with_old_and_new_values_and_a_sum() -> None:
    assert text() == [
        "+ Box/a",
        "~ Box/b",
        "    Size: 1 -> 2",
        '    Policy.Action: (none) -> "s3:Put*"',
        "- Box/d",
        "! Box/e  (exists and belongs to no pipeline)",
        "! Box/f  (Do: AccessDenied: no)",
        "Plan: 1 to create, 1 to change, 1 to delete, 2 refused.",
    ]


def test_everything_is_also_what_is_kept_and_what_the_new_will_be() -> None:
    lines = text(everything=True)
    assert "  Box/c" in lines
    assert lines[: lines.index("~ Box/b")] == [
        "+ Box/a",
        "    Size: (none) -> 1",
        '    Color: (none) -> "grey"',
        '    Labels.team: (none) -> "data"',
    ]


def test_nothing_to_do_is_said() -> None:
    assert summary([STEPS[2]]) == "Nothing to do: 1 resources are as specified."


def test_programs_get_all_of_it_by_name() -> None:
    plan = as_document("demo/orders", STEPS)
    assert plan["pipeline"] == "demo/orders"
    assert [step["action"] for step in plan["steps"]] == [
        *("create", "update", "keep", "delete", "refuse", "refuse")
    ]
    assert plan["steps"][0]["arn"] == BOX.arn
    assert plan["steps"][1]["changes"] == [
        {"path": ["Size"], "old": 1, "new": 2},
        {"path": ["Policy", "Action"], "old": None, "new": "s3:Put*"},
    ]
