"""Coverage: which probes the operator makes for many accounts."""

from __future__ import annotations

from typing import Any

import pytest

from dataflowxpress.aws.clients import OWN, Access, Identity
from dataflowxpress.controller.change_index import Location
from dataflowxpress.controller.coverage import PROBE_INTERVAL, PROBES, Coverage
from tests.unit.change_samples import ACCOUNT, REGION
from tests.unit.conftest import Clock

GLOBAL = "us-east-1"


class Cloud:
    """The AWS of all accounts; remembers the rules that were tagged, and by which identity."""

    def __init__(self) -> None:
        self.probes: list[tuple[str, str]] = []

    def client(self, region: str | None, access: Access) -> Any:
        cloud = self

        class Client:
            identity = Identity(ACCOUNT, "aws", region or REGION)

            def __call__(self, _: str) -> Client:
                return self

            def tag_resource(self, *, ResourceARN: str, Tags: Any) -> None:  # noqa: N803, ARG002
                cloud.probes.append((ResourceARN, access.role_arn or ""))

        return Client()


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def coverage(cloud: Cloud, clock: Clock) -> Coverage:
    return Coverage("changes", cloud.client, clock)


def accounts(count: int) -> dict[Location, dict[str, Access]]:
    """Return accounts with a pipeline each, and the role that reaches it."""
    found = {}
    for number in range(count):
        account = f"{number:012d}"
        role = f"arn:aws:iam::{account}:role/r"
        found[Location(account, REGION)] = {role: Access(role)}
    return found


def test_each_account_and_region_is_probed_with_an_identity_of_the_account(
    cloud: Cloud, coverage: Coverage
) -> None:
    coverage.check({Location(ACCOUNT, REGION): {}, **accounts(1)})
    rule = "arn:aws:events:{}:{}:rule/changes".format
    member, role = "000000000000", "arn:aws:iam::000000000000:role/r"
    assert set(cloud.probes) == {
        (rule(REGION, ACCOUNT), ""),
        (rule(GLOBAL, ACCOUNT), ""),
        (rule(REGION, member), role),
        (rule(GLOBAL, member), role),
    }


def test_the_operator_probes_its_own_account_itself_whatever_roles_pipelines_have(
    cloud: Cloud, coverage: Coverage
) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/team"
    coverage.check({Location(ACCOUNT, REGION): {role: Access(role)}})
    assert {by for _, by in cloud.probes} == {OWN.role_arn or ""}


def test_many_accounts_are_probed_in_several_checks_and_each_once(
    cloud: Cloud, coverage: Coverage, clock: Clock
) -> None:
    pipelines = accounts(2 * PROBES)
    expected = 2 * len(pipelines) + 1  # in two regions, and the region of IAM at home
    coverage.check(pipelines)
    assert len(cloud.probes) == PROBES
    for _ in range(expected // PROBES):
        coverage.check(pipelines)
    assert len(cloud.probes) == len(set(cloud.probes)) == expected
    clock.now += PROBE_INTERVAL
    coverage.check(pipelines)
    assert len(cloud.probes) == expected + PROBES


def test_accounts_without_a_known_role_do_not_delay_the_others(
    cloud: Cloud, coverage: Coverage
) -> None:
    pipelines = accounts(2 * PROBES)
    last = max(pipelines)
    unknown: dict[Location, dict[str, Access]] = {
        location: {} for location in pipelines if location != last
    }
    coverage.check({**unknown, last: pipelines[last]})
    assert {by for _, by in cloud.probes} == {"", *pipelines[last]}
