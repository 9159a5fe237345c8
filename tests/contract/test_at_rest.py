"""Comparisons at rest: lists that the pipelines of an account share hide no drift."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.aws import snapshot
from dataflowxpress.aws.at_rest import SELDOMEST, AtRest
from dataflowxpress.aws.observer import Observer
from dataflowxpress.aws.resources import role
from dataflowxpress.aws.snapshot import Snapshot
from dataflowxpress.planning.resource import Resource
from dataflowxpress_sandbox.aws.faults import Faults
from tests.contract.conftest import Cloud, Pipeline, scope_of
from tests.contract.samples import SAMPLES
from tests.contract.test_drift import WALKED, meddle, paths_of, spelled
from tests.contract.test_laws import KINDS, described
from tests.sample import sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflowxpress_sandbox.aws.serving import RunningAws

FOREVER = float("inf")
LIST_OF_ROLES = "GetAccountAuthorizationDetails"
ANYBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}],
    }
)
SAMPLE = {"Alarm", "Bucket", "Queue", "Role"}
LISTED = [kind for kind in KINDS if Resource.kinds[kind].lists]


@pytest.fixture(autouse=True)
def _long_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lists have more pages than they are worth, because other tests leave resources behind."""
    monkeypatch.setattr(snapshot, "FEWEST_PAGES", 100)


@dataclass
class Resting:
    """A pipeline at rest."""

    pipeline: Pipeline
    wanted: Sequence[Resource]
    at_rest: AtRest = field(default_factory=lambda: AtRest(choose=lambda _, seldomest: seldomest))

    def __post_init__(self) -> None:
        known = [each.id for each in self.wanted]
        self.pipeline.converge(self.wanted, known)
        steps = self.pipeline.engine.plan(self.pipeline.scope, self.wanted, known)
        self.at_rest.record(self.pipeline.scope, steps)

    def compare(self, shared: Snapshot | None = None) -> Any:
        """Compare with new lists, or with the *shared* ones."""
        client, scope = self.pipeline.cloud.client, self.pipeline.scope
        lists = shared or Snapshot(client)
        return self.at_rest.compare(Observer(client), lists, scope, self.wanted, FOREVER)

    def sees_a_difference(self, *, at_once: bool) -> bool:
        """Return whether the first comparison, or one of the next ones, finds a difference.

        They share lists that are read now.
        """
        shared = Snapshot(self.pipeline.cloud.client)
        comparisons = 1 if at_once else SELDOMEST
        return any(self.compare(shared) is None for _ in range(comparisons))


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipeline_that_matches_stays_at_rest(pipeline: Pipeline, name: str, kind: str) -> None:
    resting = Resting(pipeline, described(pipeline, name, kind))
    shared = Snapshot(pipeline.cloud.client)
    for _ in range(2 * SELDOMEST):
        assert resting.compare(shared) is not None


@pytest.mark.parametrize("kind", sampled(WALKED, SAMPLE.__contains__))
def test_what_others_change_is_seen_in_time(pipeline: Pipeline, name: str, kind: str) -> None:
    wanted = described(pipeline, name, kind)
    its = wanted[-1]
    for path in paths_of(kind):
        resting = Resting(pipeline, wanted)
        meddle(pipeline, its, path)
        shown = its.lists and path[0] not in its.unlisted
        assert resting.sees_a_difference(at_once=shown), spelled(path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_others_delete_is_seen_at_once_if_it_has_tags_or_a_list(
    pipeline: Pipeline, name: str, kind: str
) -> None:
    resting = Resting(pipeline, described(pipeline, name, kind))
    its = resting.wanted[-1]
    its.delete(pipeline.others_client(its), *its.key)
    assert resting.sees_a_difference(at_once=its.lists or bool(its.arn))


@pytest.mark.parametrize("kind", LISTED)
def test_a_list_returns_the_states_that_single_reads_return(
    pipeline: Pipeline, name: str, kind: str
) -> None:
    its = described(pipeline, name, kind)[-1]
    pipeline.converge(described(pipeline, name, kind))
    client = pipeline.cloud.client(its.service)
    pages = [page for page in its.list_all(client) if its.key in page]
    read = dict(its.read(client, *its.key) or {})
    assert [comparable(page[its.key], its) for page in pages] == [comparable(read, its)]


def comparable(state: Any, its: Resource) -> dict[str, Any]:
    """Return the properties that the kind manages, without those that no list shows."""
    managed = {*its.desired(), *({"Tags"} if its.reads_tags else ())} - its.unlisted
    return {name: value for name, value in state.items() if name in managed}


def test_a_plan_that_writes_follows_from_no_list(pipeline: Pipeline, name: str) -> None:
    resting = Resting(pipeline, described(pipeline, name, "Crawler"))
    shared = Snapshot(pipeline.cloud.client)
    assert resting.compare(shared) is not None
    its = resting.wanted[-1]
    SAMPLES["Crawler"].meddle(pipeline.others_client(its), its)
    assert resting.compare(shared) is not None  # the list is as old as the caller accepts
    assert resting.compare() is None


def test_without_permission_to_list_the_roles_each_role_is_read_itself(
    pipeline: Pipeline, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    resting, its = with_role(pipeline, name)
    denied = {"kind": "fail", "on": f"iam:{LIST_OF_ROLES}", "error": "AccessDenied"}
    with Faults(pipeline.cloud.aws).during(**denied), pipeline.cloud.recording() as calls:
        assert resting.compare() is not None
    assert "list of Role failed, reading one by one" in caplog.text
    assert calls.count(LIST_OF_ROLES) == 1
    with Faults(pipeline.cloud.aws).during(**denied):
        SAMPLES["Role"].meddle(pipeline.others_client(its), its)
        assert resting.sees_a_difference(at_once=False)


def test_a_denied_list_is_not_asked_for_again_at_each_comparison(
    pipeline: Pipeline, name: str
) -> None:
    resting, _ = with_role(pipeline, name)
    shared = Snapshot(pipeline.cloud.client)
    denied = {"kind": "fail", "on": f"iam:{LIST_OF_ROLES}", "error": "AccessDenied"}
    with Faults(pipeline.cloud.aws).during(**denied), pipeline.cloud.recording() as calls:
        for _ in range(3):
            assert resting.compare(shared) is not None
    assert calls.count(LIST_OF_ROLES) == 1


def test_many_roles_of_others_cost_a_bounded_number_of_calls(
    own_aws: RunningAws, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(Cloud(own_aws), scope_of(f"tests/{name}"))
    monkeypatch.setattr(role, "PAGE", 1)
    monkeypatch.setattr(snapshot, "FEWEST_PAGES", 2)
    resting, _ = with_role(pipeline, name)
    iam, foreign = pipeline.cloud.others("iam"), [f"{name}-{n}" for n in range(5)]
    for each in foreign:
        iam.create_role(RoleName=each, AssumeRolePolicyDocument=ANYBODY)
    shared = Snapshot(pipeline.cloud.client)
    with pipeline.cloud.recording() as calls:
        for _ in range(3):
            assert resting.compare(shared) is not None
    assert calls.count(LIST_OF_ROLES) == 3  # the last one shows that there are more


def test_without_the_tagging_api_nothing_is_shared(pipeline: Pipeline, name: str) -> None:
    resting, _ = with_role(pipeline, name)
    denied = {"kind": "fail", "on": "tag:GetResources", "error": "AccessDeniedException"}
    with Faults(pipeline.cloud.aws).during(**denied):
        assert resting.compare() is None


def with_role(pipeline: Pipeline, name: str) -> tuple[Resting, Resource]:
    wanted = described(pipeline, name, "Role")
    return Resting(pipeline, wanted), wanted[-1]
