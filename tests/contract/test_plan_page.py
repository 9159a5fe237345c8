"""The page about plans shows what the command prints, after one hand-made change in each kind."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws import resources
from dataflowxpress.blueprint import blueprint
from dataflowxpress.cli.plan_view import shown
from dataflowxpress.planning.step import Action
from tests.contract.conftest import Cloud, Pipeline, scope_of
from tests.contract.samples import SAMPLES

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.serving import RunningAws

PAGE = Path(__file__).parents[2] / "docs" / "plan.md"
SHOWN = re.compile(r"(?<=\$ dataflowxpress plan orders\n).*?(?=```\n\n)", re.DOTALL)
UNTOUCHED = {
    "PrincipalPermissions",  # only with catalog.lakeFormation
    "Subscription",  # has no property; whoever unsubscribes is not asked again
}
SPEC = {
    "bucket": {"name": "orders-lake"},
    "tags": {"team": "data"},
    "notifications": {"emails": ["ann@example.com"]},
}


def widen(iam: Any, role: Any) -> None:
    """Allow more, as people do when something is denied."""
    document = role.read(iam, role.name)["Policy"]
    reading = next(each for each in document["Statement"] if "s3:GetObject" in each["Action"])
    reading["Action"] = ["s3:*"]
    iam.put_role_policy(
        RoleName=role.name, PolicyName="pipeline", PolicyDocument=json.dumps(document)
    )


def test_the_page_shows_the_plan_after_a_change_by_hand_in_each_kind(own_aws: RunningAws) -> None:
    pipeline = Pipeline(Cloud(own_aws), scope_of("default/orders"))
    wanted = blueprint(DataPipelineSpec.model_validate(SPEC), pipeline.scope)
    pipeline.converge(wanted)
    first = {type(each).__name__: each for each in reversed(wanted)}
    for kind in first.keys() - UNTOUCHED:
        meddle = widen if kind == "Role" else SAMPLES[kind].meddle
        meddle(pipeline.others_client(first[kind]), first[kind])

    steps = pipeline.engine.plan(pipeline.scope, wanted, [each.id for each in wanted])
    changed = {step.id.kind for step in steps if step.action is not Action.KEEP}
    assert changed == set(resources.__all__) - UNTOUCHED
    text = "".join(f"{line.plain}\n" for line in shown(steps))
    if "WRITE_DOCS" in os.environ:
        PAGE.write_text(SHOWN.sub(lambda _: text, PAGE.read_text()))
    assert SHOWN.findall(PAGE.read_text()) == [text], f"run with WRITE_DOCS=1 to renew {PAGE.name}"
