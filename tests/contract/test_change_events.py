"""Events of changes: each change of each kind leads to its pipeline, until the trail stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress.api.status import ResourceStatus, Status
from dataflowxpress.aws import change_stack
from dataflowxpress.aws.clients import Access
from dataflowxpress.aws.cloudtrail import ApiCall
from dataflowxpress.controller.change_index import ChangeIndex, Location
from dataflowxpress.controller.coverage import COVERED, PROBE_INTERVAL, Coverage
from dataflowxpress_sandbox import aws as sandbox_aws
from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.audited import GLOBAL, TRAIL, arrive, bodies, client
from tests.contract.conftest import Cloud, Pipeline, scope_of
from tests.contract.samples import make_log_buckets
from tests.contract.test_drift import WALKED, meddle, paths_of, spelled
from tests.contract.test_laws import KINDS, described
from tests.unit.conftest import Clock

if TYPE_CHECKING:
    from dataflowxpress.planning.resource import Resource

# Uploads are data events, which trails do not log by default: the resync finds such a change.
WITHOUT_EVENTS = frozenset({"Object"})
OWNER = ("tests", "any")
HOME = Location(sandbox_aws.ACCOUNT, sandbox_aws.REGION)
PIPELINES: dict[Location, dict[str, Access]] = {HOME: {}}


@pytest.fixture(scope="module")
def cloud(audited: RunningAws) -> Cloud:
    make_log_buckets(audited.client("s3"), sandbox_aws.REGION)
    return Cloud(audited)


@pytest.fixture
def pipeline(cloud: Cloud, name: str) -> Pipeline:
    return Pipeline(cloud, scope_of(f"tests/{name}"))


def indexed(wanted: list[Resource]) -> ChangeIndex:
    """Return the index of a pipeline with these resources."""
    lines = [
        ResourceStatus(kind=r.id.kind, name=r.name, key=r.key, arn=r.arn, state="Ready")
        for r in wanted
    ]
    here = ResourceStatus(
        kind="Queue",
        name="here",
        key=("here",),
        arn=f"arn:aws:sqs:{HOME.region}:{HOME.account}:here",
        state="Ready",
    )
    index = ChangeIndex()
    index.observe(OWNER, Status(resources=(*lines, here)))
    return index


@pytest.mark.parametrize("kind", WALKED)
def test_the_event_of_each_change_leads_to_its_pipeline(
    audited: RunningAws, pipeline: Pipeline, name: str, kind: str
) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    index, its = indexed(wanted), wanted[-1]
    paths, unseen = paths_of(kind), []
    for path in paths:
        bodies(audited)
        meddle(pipeline, its, path)
        calls = [ApiCall.parse(body) for body in bodies(audited)]
        if not any(c.changes_properties and OWNER in index.affected(c) for c in calls):
            unseen.append(f"{spelled(path)}: {[c.detail.event_name for c in calls]}")
    assert unseen == ([] if kind not in WITHOUT_EVENTS else [f"{spelled(p)}: []" for p in paths])


@pytest.mark.parametrize("kind", sorted(set(KINDS) - WITHOUT_EVENTS))
def test_the_event_of_a_deletion_leads_to_its_pipeline(
    audited: RunningAws, pipeline: Pipeline, name: str, kind: str
) -> None:
    wanted = described(pipeline, name, kind)
    pipeline.converge(wanted)
    index, its = indexed(wanted), wanted[-1]
    bodies(audited)
    its.delete(pipeline.others_client(its), *its.key)
    calls = [ApiCall.parse(body) for body in bodies(audited)]
    assert any(OWNER in index.affected(call) for call in calls)


class TestCoverage:
    """A region is covered as long as the operator's own probes come back."""

    def test_a_stopped_trail_ends_it_and_a_started_one_restores_it(
        self, audited: RunningAws, coverage: Coverage, clock: Clock
    ) -> None:
        bodies(audited)
        assert not coverage.check(PIPELINES)
        assert not coverage.includes(HOME)
        arrive(audited, coverage)
        assert not coverage.check(PIPELINES)
        assert coverage.includes(HOME)
        assert not coverage.includes(HOME._replace(account="111122223333"))
        assert not coverage.includes(HOME._replace(region="eu-north-1"))
        trail = audited.client("cloudtrail")
        trail.stop_logging(Name=TRAIL)
        bodies(audited)
        clock.now += COVERED
        arrive(audited, coverage)
        assert coverage.check(PIPELINES)
        assert not coverage.includes(HOME)
        trail.start_logging(Name=TRAIL)
        clock.now += PROBE_INTERVAL
        coverage.check(PIPELINES)
        arrive(audited, coverage)
        coverage.check(PIPELINES)
        assert coverage.includes(HOME)

    def test_a_missing_rule_in_the_region_of_iam_leaves_no_region_covered(
        self, audited: RunningAws, coverage: Coverage
    ) -> None:
        events = client(audited, "events", GLOBAL)
        pattern = events.describe_rule(Name=change_stack.NAME)["EventPattern"]
        targets = events.list_targets_by_rule(Rule=change_stack.NAME)["Targets"]
        events.remove_targets(Rule=change_stack.NAME, Ids=[each["Id"] for each in targets])
        events.delete_rule(Name=change_stack.NAME)
        try:
            bodies(audited)
            coverage.check(PIPELINES)
            arrive(audited, coverage)
            coverage.check(PIPELINES)
            assert not coverage.includes(HOME)
        finally:
            events.put_rule(Name=change_stack.NAME, EventPattern=pattern)
            events.put_targets(Rule=change_stack.NAME, Targets=targets)
