"""Argo CD settings: argocd-cm and chart values, generated from the Lua files in argocd/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parents[1] / "argocd"
KIND = HERE / "resource_customizations/dataflowxpress.io/DataPipeline"
NAME = f"{KIND.parent.name}_{KIND.name}"
HEADER = "# Generated from resource_customizations/ by `make argocd`; do not edit.\n"


class _Dumper(yaml.SafeDumper):
    """Writes multi-line strings as literal blocks."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def customizations() -> dict[str, str]:
    """Return the entries of argocd-cm."""
    actions = {
        "discovery.lua": (KIND / "actions/discovery.lua").read_text(),
        "definitions": [
            {"name": script.parent.name, "action.lua": script.read_text()}
            for script in sorted(KIND.glob("actions/*/action.lua"))
        ],
    }
    return {
        f"resource.customizations.health.{NAME}": (KIND / "health.lua").read_text(),
        f"resource.customizations.actions.{NAME}": _yaml(actions),
    }


def config_map() -> str:
    """Return a patch for argocd-cm; it can also be applied as a manifest."""
    return HEADER + _yaml(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": "argocd-cm",
                "namespace": "argocd",
                "labels": {"app.kubernetes.io/part-of": "argocd"},
            },
            "data": customizations(),
        }
    )


def values() -> str:
    """Return values for Argo CD's chart."""
    return HEADER + _yaml({"configs": {"cm": customizations()}})


FILES = {"argocd-cm.yaml": config_map, "values.yaml": values}


def _yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=100)


if __name__ == "__main__":
    for file, content in FILES.items():
        (HERE / file).write_text(content())
