"""Network: functions, crawler and job of a pipeline run in a VPC, with the permissions for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.walks.conftest import POLL, TIMEOUT, Life

PROBE = "import boto3\nprint('done')\n"


@pytest.fixture
def network(life: Life) -> Iterator[dict[str, Any]]:
    """A connection of the account, and the subnet and security group of it."""
    subnet, group = life.world.subnet()
    name = f"vpc-{life.name}"
    glue = life.world.admin("glue")
    glue.create_connection(
        ConnectionInput={
            "Name": name,
            "ConnectionType": "NETWORK",
            "ConnectionProperties": {},
            "PhysicalConnectionRequirements": {"SubnetId": subnet, "SecurityGroupIdList": [group]},
        }
    )
    yield {"connection": name, "subnetIds": [subnet], "securityGroupIds": [group]}
    life.delete()
    life.end()
    assert life.owned() == set()
    glue.delete_connection(ConnectionName=name)


def networks(life: Life) -> list[dict[str, Any]]:
    """Return the VPC configuration of each function."""
    functions = life.world.admin("lambda")
    names = [f"default-{life.name}-{of}" for of in ("start-crawler", "start-job", "notify")]
    found = [functions.get_function_configuration(FunctionName=each) for each in names]
    return [each.get("VpcConfig") or {} for each in found]


def test_functions_crawler_and_job_are_in_the_vpc_until_the_spec_drops_it(
    life: Life, network: dict[str, Any]
) -> None:
    life.create({"deletionPolicy": "Delete", "network": network})
    life.converge()
    assert [each["SubnetIds"] for each in networks(life)] == [network["subnetIds"]] * 3
    assert [each["SecurityGroupIds"] for each in networks(life)] == [
        network["securityGroupIds"]
    ] * 3
    glue, name = life.world.admin("glue"), f"default-{life.name}"
    assert glue.get_job(JobName=name)["Job"]["Connections"]["Connections"] == [
        network["connection"]
    ]
    [target] = glue.get_crawler(Name=name)["Crawler"]["Targets"]["S3Targets"]
    assert target["ConnectionName"] == network["connection"]
    life.world.admin("lambda").update_function_configuration(
        FunctionName=f"default-{life.name}-notify",
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
    )
    life.converge()  # drift
    assert [each["SubnetIds"] for each in networks(life)] == [network["subnetIds"]] * 3
    life.change({"deletionPolicy": "Delete"})
    life.converge()
    assert [each.get("SubnetIds") for each in networks(life)] == [[]] * 3
    assert not glue.get_job(JobName=name)["Job"]["Connections"].get("Connections")
    [target] = glue.get_crawler(Name=name)["Crawler"]["Targets"]["S3Targets"]
    assert not target.get("ConnectionName")


@pytest.mark.extended
def test_a_crawl_and_a_run_use_the_connection_with_the_rights_of_their_role(
    life: Life, network: dict[str, Any]
) -> None:
    spec = {"deletionPolicy": "Delete", "network": network}
    life.create({**spec, "job": {"script": {"inline": PROBE}}})
    life.converge()
    glue, name = life.world.admin("glue"), f"default-{life.name}"
    glue.start_crawler(Name=name)
    run = glue.start_job_run(JobName=name)["JobRunId"]
    deadline = time.monotonic() + TIMEOUT

    def ended() -> bool:
        crawler = glue.get_crawler(Name=name)["Crawler"]
        states = {"STARTING", "RUNNING", "WAITING"}
        ran = glue.get_job_run(JobName=name, RunId=run)["JobRun"]["JobRunState"]
        return crawler["State"] == "READY" and ran not in states

    while not ended():
        assert time.monotonic() < deadline
        time.sleep(POLL)
    crawl = glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]
    assert crawl["Status"] == "SUCCEEDED", crawl
    ran = glue.get_job_run(JobName=name, RunId=run)["JobRun"]
    assert ran["JobRunState"] == "SUCCEEDED", ran.get("ErrorMessage")


def test_a_subnet_that_does_not_exist_is_named(life: Life, network: dict[str, Any]) -> None:
    absent = "subnet-0123456789abcdef0"
    life.create({"deletionPolicy": "Delete", "network": {**network, "subnetIds": [absent]}})
    ready = life.reconcile().status["Ready"]
    assert ready
    assert ready.status == "False"
    assert f"The subnet ID '{absent}' does not exist" in ready.message
