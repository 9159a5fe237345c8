"""The NetworkPolicy: which addresses the operator reaches, and who reaches it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.chart.rendering import rendered

METADATA = ("169.254.169.254", "fd00:ec2::254")
POD_IDENTITY = ("169.254.170.23", "fd00:ec2::23")
AWS = ("52.94.5.1", "2600:1f18::1")


def allows(policy: dict[str, Any], address: str, port: int) -> bool:
    """Return whether a policy lets the operator connect to an address."""
    return any(
        port in {each["port"] for each in rule["ports"]} and _covers(rule, address)
        for rule in policy["spec"]["egress"]
    )


def _covers(rule: dict[str, Any], address: str) -> bool:
    if "to" not in rule:
        return True
    return any(ip_address(address) in ip_network(each["ipBlock"]["cidr"]) for each in rule["to"])


def policy(**values: Any) -> dict[str, Any]:
    [found] = rendered("networkpolicy", networkPolicy=values)
    return found


@pytest.mark.parametrize("address", METADATA)
def test_the_metadata_address_is_reachable_only_on_request(address: str) -> None:
    assert not allows(policy(), address, 80)
    assert allows(policy(instanceMetadata=True), address, 80)


@pytest.mark.parametrize("address", POD_IDENTITY)
def test_the_pod_identity_agent_is_reachable_unless_it_is_switched_off(address: str) -> None:
    assert allows(policy(), address, 80)
    assert not allows(policy(podIdentityAgent=False), address, 80)


@pytest.mark.parametrize("address", AWS)
def test_aws_and_the_api_server_are_reachable_over_tls_only(address: str) -> None:
    assert allows(policy(), address, 443)
    assert allows(policy(), address, 6443)
    assert not allows(policy(), address, 80)


def test_other_ports_are_closed_to_the_cluster() -> None:
    ingress = policy()["spec"]["ingress"]
    assert [rule["ports"] for rule in ingress] == [[{"port": "probes"}], [{"port": "metrics"}]]
