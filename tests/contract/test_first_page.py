"""The first page of a list: one call reads the roles of a pipeline, and hides no change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataflowxpress.api.spec import DataPipelineSpec
from dataflowxpress.aws.engine import Engine
from dataflowxpress.aws.resources import Role, role
from dataflowxpress.aws.snapshot import Snapshot
from dataflowxpress.blueprint import blueprint
from dataflowxpress.planning.resource import Resource
from dataflowxpress.planning.step import Action
from dataflowxpress_sandbox.aws.faults import Faults
from tests.contract.conftest import Cloud, Pipeline, scope_of
from tests.contract.samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflowxpress_sandbox.aws.serving import RunningAws

FIRST_PAGE = "GetAccountAuthorizationDetails"
SINGLE_READS = {"GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"}
HOUR = 3600.0


class Roles:
    """The roles of a pipeline in an account without others, and the time of its lists."""

    def __init__(self, aws: RunningAws, name: str) -> None:
        self.cloud, self.now = Cloud(aws), 0.0
        self.scope = scope_of(f"tests/{name}")
        found = blueprint(DataPipelineSpec(), self.scope)
        self.wanted: Sequence[Resource] = [each for each in found if isinstance(each, Role)]
        self.snapshot = Snapshot(self.cloud.client, clock=lambda: self.now)
        Pipeline(self.cloud, self.scope).converge(self.wanted)

    def compare(self, wanted: Sequence[Resource] | None = None) -> tuple[dict[str, str], list[str]]:
        """Return the action for each role, and the calls that the comparison makes."""
        wanted = self.wanted if wanted is None else wanted
        engine = Engine(self.cloud.client, snapshot=self.snapshot)
        with self.cloud.recording() as calls:
            steps = engine.plan(self.scope, wanted, [each.id for each in self.wanted])
        return {step.id.key[0]: step.action.name for step in steps}, calls

    def meddle(self) -> str:
        """Change the first role as somebody else, and return its name."""
        its = self.wanted[0]
        SAMPLES["Role"].meddle(self.cloud.others("iam"), its)
        return its.name

    @property
    def kept(self) -> dict[str, str]:
        return dict.fromkeys((each.name for each in self.wanted), Action.KEEP.name)


@pytest.fixture
def roles(own_aws: RunningAws, name: str) -> Roles:
    return Roles(own_aws, name)


def test_nothing_is_listed_in_an_account_without_resources(own_aws: RunningAws) -> None:
    cloud = Cloud(own_aws)
    for kind in map(Resource.kinds.__getitem__, SAMPLES):
        client = cloud.client(kind.service)
        if kind.lists:
            assert {key for page in kind.list_all(client) for key in page} == set(), kind
        if kind.lists_first:
            assert kind.list_first(client) == ({}, True), kind


def test_one_call_reads_all_roles_of_a_pipeline(roles: Roles) -> None:
    actions, calls = roles.compare()
    assert actions == roles.kept
    assert calls.count(FIRST_PAGE) == 1
    assert SINGLE_READS.isdisjoint(calls)


def test_the_page_has_the_states_that_single_reads_return(roles: Roles) -> None:
    iam = roles.cloud.client("iam")
    found, complete = Role.list_first(iam)
    assert complete
    for each in roles.wanted:
        assert found[each.key] == Role.read(iam, each.name)


def test_a_change_of_others_is_seen_and_read_again_by_itself(roles: Roles) -> None:
    changed = roles.meddle()
    actions, calls = roles.compare()
    assert actions == {**roles.kept, changed: Action.UPDATE.name}
    assert calls.count("GetRole") == 1


@pytest.mark.extended
def test_a_page_that_lags_behind_a_correction_causes_no_second_one(
    roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles.meddle()
    stale = Role.list_first(roles.cloud.client("iam"))
    Pipeline(roles.cloud, roles.scope).converge(roles.wanted)
    monkeypatch.setattr(Role, "list_first", staticmethod(lambda _: stale))
    assert roles.compare()[0] == roles.kept


def test_a_deleted_role_is_created_again(roles: Roles) -> None:
    gone = roles.wanted[0]
    gone.delete(roles.cloud.others("iam"), *gone.key)
    assert roles.compare()[0] == {**roles.kept, gone.name: Action.CREATE.name}


@pytest.mark.extended
def test_roles_that_the_page_lacks_are_read_themselves_for_an_hour(
    roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role, "FIRST_PAGE", 1)
    changed = roles.meddle()
    pages = []
    for roles.now in (0, HOUR / 2, HOUR):
        actions, calls = roles.compare()
        assert actions == {**roles.kept, changed: Action.UPDATE.name}
        pages.append(calls.count(FIRST_PAGE))
    assert pages == [1, 0, 1]


def test_without_the_permission_each_role_is_read_itself_for_an_hour(roles: Roles) -> None:
    denied = {"kind": "fail", "on": f"iam:{FIRST_PAGE}", "error": "AccessDenied"}
    pages = []
    with Faults(roles.cloud.aws).during(**denied):
        for roles.now in (0, HOUR / 2):
            actions, calls = roles.compare()
            assert actions == roles.kept
            pages.append(calls.count(FIRST_PAGE))
    assert pages == [1, 0]


@pytest.mark.extended
@pytest.mark.parametrize("case", ["deletion", "creation"])
def test_a_deletion_and_a_creation_read_each_role_itself(roles: Roles, case: str) -> None:
    engine = Engine(roles.cloud.client, snapshot=roles.snapshot)
    wanted = {"deletion": [], "creation": roles.wanted}[case]
    known = {"deletion": [each.id for each in roles.wanted], "creation": []}[case]
    with roles.cloud.recording() as calls:
        engine.plan(roles.scope, wanted, known)
    assert FIRST_PAGE not in calls
    assert calls.count("GetRole") == len(roles.wanted)
