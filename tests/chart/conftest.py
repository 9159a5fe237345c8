"""The versions of Helm that people have."""

from __future__ import annotations

import pytest

from tests.chart.rendering import Helm
from tools.tool import tool


@pytest.fixture(
    scope="session", params=[pytest.param("helm3", marks=pytest.mark.extended), "helm4"]
)
def helm(request: pytest.FixtureRequest) -> Helm:
    """Helm 3 and Helm 4."""
    return Helm(tool(request.param))
