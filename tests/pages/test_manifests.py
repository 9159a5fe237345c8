"""Manifests on the pages: the API server, the chart or the policy reader accepts each."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.aws.prices import LISTED
from dataflowxpress.cli.cost.price_file import price_list
from dataflowxpress.controller.tenancy import TenantPolicy
from tests.chart.rendering import Helm
from tests.pages.blocks import PAGES, Block, blocks
from tools.tool import tool

MANIFESTS = [
    block
    for page in PAGES
    for block in blocks(page)
    if block.language == "yaml" and "skip" not in block.options
]


def pipeline(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": "fragment"},
        "spec": spec,
    }


def accept(document: dict[str, Any], cluster: Path) -> None:
    """Fail with the API server's words if it refuses *document* in a namespace."""
    applied = subprocess.run(
        [
            *("kubectl", "--kubeconfig", str(cluster), "--namespace", "default"),
            *("apply", "--dry-run=server", "--validate=strict", "-f", "-"),
        ],
        input=json.dumps(document, default=str),
        capture_output=True,
        text=True,
        check=False,
    )
    assert applied.returncode == 0, applied.stderr


@pytest.mark.parametrize("block", MANIFESTS, ids=lambda block: block.place)
def test_a_manifest_is_accepted(block: Block, cluster: Path, tmp_path: Path) -> None:
    documents = [each for each in yaml.safe_load_all(block.content) if each]
    match block.options.get("check"):
        case None:
            for document in documents:
                accept(document, cluster)
        case "spec":
            accept(pipeline(**documents[0].get("spec", documents[0])), cluster)
        case "source":
            accept(pipeline(source=documents[0]["source"]), cluster)
        case "chart":
            assert Helm(tool("helm4")).template(documents[0])
        case "tenant-policy":
            file = tmp_path / "policy.yaml"
            file.write_text(block.content)
            assert TenantPolicy.read(file).namespaces
        case "prices":
            file = tmp_path / "prices.yaml"
            file.write_text(block.content)
            assert all(price_list(file, region) != LISTED for region in documents[0]["regions"])
