"""The page during an outage: it says that it can be outdated, and recovers by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import config
from playwright.sync_api import Page, expect

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.ui import scenes
from tests.ui.conftest import Kubernetes, Served, serving

RECOVERED = 60_000  # milliseconds, on a busy machine


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Return a cluster of the test's own, whose API server it can stop."""
    with Sandbox(tmp_path / "sandbox", aws=False).running() as sandbox:
        yield sandbox


def administrator(sandbox: Sandbox) -> Kubernetes:
    client = config.new_client_from_config(str(sandbox.kubeconfig))
    found = Kubernetes(sandbox.kubeconfig, client)
    found.namespace("shop")
    return found


def open_list(page: Page, served: Served) -> None:
    page.goto(served.url)
    page.get_by_role("link", name="orders").wait_for()


def test_without_the_api_server_the_page_says_that_it_can_be_outdated_and_recovers(
    page: Page, sandbox: Sandbox
) -> None:
    administrator(sandbox).pipeline("shop", "orders", scenes.status("shop/orders"))
    with serving(sandbox.kubeconfig) as served:
        open_list(page, served)
        processes.stop(sandbox.directory, {"kube-apiserver"}, timeout=0)
        expect(page.get_by_role("alert")).to_contain_text("can be outdated", timeout=RECOVERED)
        expect(page.get_by_role("link", name="orders")).to_be_visible()
        sandbox.up()
        administrator(sandbox).pipeline("shop", "orders", scenes.failing("shop/orders"))
        expect(page.get_by_role("alert")).to_have_count(0, timeout=RECOVERED)
        expect(page.locator("tbody tr")).to_contain_text("Failing")


def test_without_the_server_the_page_says_offline(page: Page, kubernetes: Kubernetes) -> None:
    kubernetes.namespace("offline")  # of its own: the lists of other tests have several pages
    kubernetes.pipeline("offline", "orders", scenes.status("offline/orders"))
    with serving(kubernetes.kubeconfig, "--namespace", "offline") as served:
        open_list(page, served)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Offline. Connecting again")).to_be_visible()
