"""Objects of the chart for Prometheus Operator and Grafana."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tests.chart.rendering import CHART, rendered

ALERTS = yaml.safe_load((CHART / "files/alerts.yaml").read_text())["groups"]


def rules(groups: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def prometheus_rule(**values: Any) -> dict[str, dict[str, Any]]:
    (found,) = rendered("prometheusrule", metrics={"prometheusRule": {"enabled": True, **values}})
    return rules(found["spec"]["groups"])


def test_the_rule_contains_the_alerts_of_the_file() -> None:
    assert prometheus_rule() == rules(ALERTS)


def test_alerts_can_be_disabled_and_get_labels_and_custom_runbooks() -> None:
    found = prometheus_rule(
        disabled=["DataPipelineDrifted"],
        ruleLabels={"team": "data"},
        runbooks="https://wiki.example.com/pages/",
    )
    assert found.keys() == rules(ALERTS).keys() - {"DataPipelineDrifted"}
    down = found["DataFlowXpressDown"]
    assert down["labels"] == {"severity": "critical", "team": "data"}
    page = "https://wiki.example.com/pages/DataFlowXpressDown.md"
    assert down["annotations"]["runbook_url"] == page


def test_the_monitor_selects_the_service_and_keeps_the_pipelines_labels() -> None:
    (monitor,) = rendered("servicemonitor", metrics={"serviceMonitor": {"enabled": True}})
    (service,) = rendered("service")
    assert (
        monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    )
    assert monitor["spec"]["namespaceSelector"]["matchNames"] == ["default"]
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert endpoint["honorLabels"]


def test_guarded_metrics_are_read_over_https_with_a_token() -> None:
    monitor = {"enabled": True, "tlsConfig": {"serverName": "metrics"}}
    guarded = {"authentication": True, "tlsSecret": "metrics-tls", "serviceMonitor": monitor}
    (found,) = rendered("servicemonitor", metrics=guarded)
    (endpoint,) = found["spec"]["endpoints"]
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"] == {"serverName": "metrics"}
    assert endpoint["bearerTokenFile"].endswith("/serviceaccount/token")
    (deployment,) = rendered("deployment", metrics=guarded)
    spec = deployment["spec"]["template"]["spec"]
    [container] = spec["containers"]
    assert "--metrics-auth" in container["args"]
    (folder,) = [m["mountPath"] for m in container["volumeMounts"] if m["name"] == "metrics-tls"]
    files = [each.partition("=")[2] for each in container["args"] if "--metrics-tls" in each]
    assert files == [f"{folder}/tls.crt", f"{folder}/tls.key"]


def test_the_dashboard_has_the_sidecars_label_and_the_files_content() -> None:
    (found,) = rendered("dashboard", metrics={"dashboard": {"enabled": True}})
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    dashboard = json.loads((CHART / "files/dashboard.json").read_text())
    assert json.loads(found["data"]["dataflowxpress.json"]) == dashboard
