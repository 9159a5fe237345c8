"""Rendering: manifests of the chart, rendered by real Helm."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataflowxpress.blueprint import artifacts
from tools.tool import tool

CHART = artifacts.path("charts/dataflowxpress")
KUBERNETES = "1.36.0"
RELEASE, NAMESPACE = "release", "default"
NAME = f"{RELEASE}-dataflowxpress"

Values = dict[str, Any]
Object = dict[str, Any]


@dataclass(frozen=True)
class Helm:
    """One version of Helm."""

    command: Path

    def __call__(self, *words: str, values: Values | None = None) -> str:
        """Return the output of a command; raises CalledProcessError with the output."""
        return subprocess.run(
            [self.command, *words, "--kube-version", KUBERNETES, "--values", "-"],
            capture_output=True,
            check=True,
            input=json.dumps(values or {}),
            text=True,
        ).stdout

    def template(self, values: Values | None = None, *options: str) -> str:
        """Return the manifests of a release."""
        where = (RELEASE, str(CHART), "--namespace", NAMESPACE)
        return self("template", *where, *options, values=values)

    def refusal(self, values: Values) -> str:
        """Return the error message for invalid values."""
        with pytest.raises(subprocess.CalledProcessError) as refused:
            self.template(values)
        return str(refused.value.stderr)


def rendered(template: str = "", **values: Any) -> list[Object]:
    """Return the objects of one template, or of all templates."""
    only = ("--show-only", f"templates/{template}.yaml") if template else ()
    text = Helm(tool("helm4")).template(values, *only)
    return parsed(text)


def parsed(manifests: str) -> list[Object]:
    """Return the objects in manifests."""
    return [each for each in yaml.load_all(manifests, Loader=yaml.CSafeLoader) if each]


def objects(**values: Any) -> dict[tuple[str, str], Object]:
    """Return all objects by kind and name."""
    return {(each["kind"], each["metadata"]["name"]): each for each in rendered(**values)}


def pod(found: dict[tuple[str, str], Object]) -> Object:
    """Return the spec of the operator's pods."""
    spec: Object = found["Deployment", NAME]["spec"]["template"]["spec"]
    return spec


def container(**values: Any) -> Object:
    """Return the operator's container."""
    operator: Object = pod(objects(**values))["containers"][0]
    return operator
