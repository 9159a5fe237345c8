"""Fixtures of Argo CD with a sandbox and this project's customizations."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.argocd.argo import ARGOCD, Argo, History, Repository
from tests.e2e.conftest import User

HISTORY = pytest.StashKey[History]()


@pytest.fixture(scope="session")
def argocd() -> None:
    if not ARGOCD.is_file():
        pytest.skip("no Argo CD: set DATAFLOWXPRESS_ARGOCD to the command that runs one")


@pytest.fixture(scope="session")
def argo(
    argocd: None,  # noqa: ARG001 - skips without Argo CD
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Iterator[Argo]:
    directory = tmp_path_factory.mktemp("argocd")
    sandbox = Sandbox(directory / "sandbox")
    with sandbox.running():
        settings = ["-n", "argocd", "-f", str(artifacts.path("argocd/argocd-cm.yaml"))]
        environment = {
            **os.environ,
            "KUBECONFIG": str(sandbox.kubeconfig),
            "DFX_ARGOCD_STATE": str(directory / "argocd"),
            # Without this setting, Argo CD 3 reports resource health only in its own API.
            "ARGOCD_APPLICATION_CONTROLLER_PERSIST_RESOURCE_HEALTH": "true",
        }
        try:
            subprocess.run([ARGOCD, "up"], env=environment, check=True)
            subprocess.run(
                ["kubectl", "apply", "--server-side", "--force-conflicts", *settings],
                env=environment,
                check=True,
            )
            client = DynamicClient(config.new_client_from_config(str(sandbox.kubeconfig)))
            argo = Argo(User(sandbox, client), Repository.new(directory / "repository"))
            pytestconfig.stash[HISTORY] = argo.history
            yield argo
        finally:
            subprocess.run([ARGOCD, "down"], env=environment, check=True)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the states over time."""
    if history := config.stash.get(HISTORY, None):
        terminalreporter.section("Argo CD, over time")
        for line in history.table():
            terminalreporter.write_line(line)
