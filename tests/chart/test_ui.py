"""The page in the chart: a Deployment of its own, without the operator's rights."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.rendering import NAME, Object, objects

UI = f"{NAME}-ui"


def served(**values: Any) -> dict[tuple[str, str], Object]:
    ui = {"enabled": True, **values.pop("ui", {})}
    return objects(ui=ui, **values)


def pod(found: dict[tuple[str, str], Object]) -> Object:
    spec: Object = found["Deployment", UI]["spec"]["template"]["spec"]
    return spec


def test_by_default_there_is_no_page() -> None:
    assert not [name for _, name in objects() if name.startswith(UI)]


def test_the_page_has_no_aws_identity_and_no_access_of_the_operator() -> None:
    found = served(aws={"roleArn": "arn:aws:iam::111122223333:role/x", "region": "eu-west-1"})
    assert pod(found)["serviceAccountName"] == UI
    assert "annotations" not in found["ServiceAccount", UI]["metadata"]
    assert [each["name"] for each in pod(found)["containers"][0]["env"]] == ["HOME"]
    rules = found["ClusterRole", UI]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"list", "watch"}
    assert {each for rule in rules for each in rule["resources"]} == {"datapipelines", "events"}


def test_the_page_meets_the_restricted_level() -> None:
    spec = pod(served())
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_page_reads_the_namespaces_of_the_operator_alone() -> None:
    found = served(watch={"namespaces": ["shop", "data"]})
    assert ("ClusterRole", UI) not in found
    assert ("Role", UI) in found
    arguments = pod(found)["containers"][0]["args"]
    assert arguments == ["ui", "--listen=:8082", "--namespace=shop", "--namespace=data"]


def test_the_service_and_the_deployment_select_the_page_and_not_the_operator() -> None:
    found = served()
    selector = found["Service", UI]["spec"]["selector"]
    operator = found["Deployment", NAME]["spec"]["template"]["metadata"]["labels"]
    page = found["Deployment", UI]["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= page.items()
    assert not selector.items() <= operator.items()
    metrics = found["Service", f"{NAME}-metrics"]["spec"]["selector"]
    assert not metrics.items() <= page.items()


def test_a_network_policy_limits_who_reaches_the_page_and_what_it_reaches() -> None:
    peers = [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}]
    found = served(networkPolicy={"enabled": True}, ui={"from": peers})
    spec = found["NetworkPolicy", UI]["spec"]
    assert spec["podSelector"]["matchLabels"] == found["Service", UI]["spec"]["selector"]
    assert spec["ingress"] == [{"ports": [{"port": "ui"}], "from": peers}]
    assert [port["port"] for rule in spec["egress"] for port in rule["ports"]] == [
        53,
        53,
        443,
        6443,
    ]


@pytest.mark.parametrize(("secret", "scheme"), [("", "HTTP"), ("page-tls", "HTTPS")])
def test_a_secret_makes_the_page_and_its_probes_use_tls(secret: str, scheme: str) -> None:
    spec = pod(served(ui={"tlsSecret": secret}))
    [container] = spec["containers"]
    schemes = {container[name]["httpGet"]["scheme"] for name in container if "Probe" in name}
    assert schemes == {scheme}
    assert any("tls-cert-file" in each for each in container["args"]) == bool(secret)
    assert any(each["name"] == "tls" for each in spec["volumes"]) == bool(secret)
