"""The rules that whoever runs the operator sets reach it, and are those that it knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dataflowxpress.controller.tenancy import NamespaceRules, Rules
from tests.chart.matrix import MATRIX
from tests.chart.rendering import CHART, NAME, objects, pod

VALUES = MATRIX["tenants with rules"]


def test_the_operator_reads_the_rules_that_were_given(tmp_path: Path) -> None:
    found = objects(**VALUES)
    operator, file = pod(found)["containers"][0], tmp_path / "rules.yaml"
    (mount,) = (each for each in operator["volumeMounts"] if each["name"] == "rules")
    assert f"--rules={mount['mountPath']}/{file.name}" in operator["args"]
    file.write_text(found["ConfigMap", f"{NAME}-rules"]["data"][file.name])
    assert Rules.read(file) == Rules.model_validate(VALUES["rules"])


def test_without_rules_nothing_is_mounted() -> None:
    found = objects()
    assert ("ConfigMap", f"{NAME}-rules") not in found
    assert not any("--rules" in arg for arg in pod(found)["containers"][0]["args"])


def test_other_rules_restart_the_operator() -> None:
    def checksum(**values: Any) -> str | None:
        template = objects(**values)["Deployment", NAME]["spec"]["template"]
        found: str | None = template["metadata"]["annotations"].get("checksum/rules")
        return found

    others = {"rules": {"namespaces": [{"match": ["*"], "regions": ["eu-west-1"]}]}}
    assert len({checksum(), checksum(**VALUES), checksum(**others)}) == 3


def test_the_values_know_every_rule() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]["rules"]
    each = schema["properties"]["namespaces"]["items"]
    assert schema["properties"].keys() == _names(Rules)
    assert each["properties"].keys() == _names(NamespaceRules)


def _names(model: type[Rules | NamespaceRules]) -> set[str]:
    return {str(field.alias) for field in model.model_fields.values()}
