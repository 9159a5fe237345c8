"""Rendering: what the chart makes of values."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import yaml

from dataflowxpress import artifacts
from tools.tool import tool

CHART = artifacts.path("charts/dataflowxpress")
FLAGS = ("--namespace", "default", "--values", "-")


def rendered(template: str = "", **values: Any) -> list[dict[str, Any]]:
    """Return the objects of one template, or of all."""
    only = ("--show-only", f"templates/{template}.yaml") if template else ()
    text = subprocess.run(
        [str(tool("helm4")), "template", "ours", str(CHART), *FLAGS, *only],
        input=json.dumps(values),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [document for document in yaml.safe_load_all(text) if document]
