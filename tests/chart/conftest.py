"""Fixtures of real Helm binaries."""

from __future__ import annotations

import pytest

from tests.chart.rendering import Helm
from tools.tool import tool


@pytest.fixture(
    scope="session", params=[pytest.param("helm3", marks=pytest.mark.extended), "helm4"]
)
def helm(request: pytest.FixtureRequest) -> Helm:
    """Return Helm 3 and Helm 4."""
    return Helm(tool(request.param))
