"""The tenant policy in the values reaches the operator, and the schema matches its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dataflowxpress.controller.namespace_policy import NamespacePolicy
from dataflowxpress.controller.tenancy import TenantPolicy
from tests.chart.matrix import MATRIX
from tests.chart.rendering import CHART, NAME, objects, pod

VALUES = MATRIX["tenants with a policy"]


def test_the_operator_reads_the_tenant_policy_of_the_values(tmp_path: Path) -> None:
    found = objects(**VALUES)
    operator, file = pod(found)["containers"][0], tmp_path / "tenant-policy.yaml"
    (mount,) = (each for each in operator["volumeMounts"] if each["name"] == "tenant-policy")
    assert f"--tenant-policy={mount['mountPath']}/{file.name}" in operator["args"]
    file.write_text(found["ConfigMap", f"{NAME}-tenant-policy"]["data"][file.name])
    assert TenantPolicy.read(file) == TenantPolicy.model_validate(VALUES["tenantPolicy"])


def test_without_a_tenant_policy_no_file_is_mounted() -> None:
    found = objects()
    assert ("ConfigMap", f"{NAME}-tenant-policy") not in found
    assert not any("--tenant-policy" in arg for arg in pod(found)["containers"][0]["args"])


def test_a_changed_tenant_policy_restarts_the_operator() -> None:
    def checksum(**values: Any) -> str | None:
        template = objects(**values)["Deployment", NAME]["spec"]["template"]
        found: str | None = template["metadata"]["annotations"].get("checksum/tenant-policy")
        return found

    others = {"tenantPolicy": {"namespaces": [{"match": ["*"], "regions": ["eu-west-1"]}]}}
    assert len({checksum(), checksum(**VALUES), checksum(**others)}) == 3


def test_the_schema_has_every_field_of_the_tenant_policy() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())["properties"]["tenantPolicy"]
    each = schema["properties"]["namespaces"]["items"]
    assert schema["properties"].keys() == _names(TenantPolicy)
    assert each["properties"].keys() == _names(NamespacePolicy)


def _names(model: type[TenantPolicy | NamespacePolicy]) -> set[str]:
    return {str(field.alias) for field in model.model_fields.values()}
