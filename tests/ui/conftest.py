"""The page in a real browser, served by the real command, for a real API server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config
from kubernetes.client import ApiException, CoreV1Api, CustomObjectsApi, RbacAuthorizationV1Api
from playwright.sync_api import Browser, Page, sync_playwright

from dataflowxpress.api.events import Event
from dataflowxpress.api.pipeline import Reference
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.api.status import Status
from dataflowxpress.kube.client import Cluster
from dataflowxpress.kube.events import EventRecorder

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHOWN = 2_000  # milliseconds within which the page shows a change
# A browser that starts in a container has no sandbox of its own, and this one is offline.
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@dataclass(frozen=True)
class Kubernetes:
    """The API server, as an operator and an administrator see it."""

    kubeconfig: Path
    client: Any

    def namespace(self, name: str) -> None:
        """Create a namespace, unless it is there."""
        with contextlib.suppress(ApiException):
            CoreV1Api(self.client).create_namespace({"metadata": {"name": name}})  # type: ignore[arg-type]

    def pipeline(self, namespace: str, name: str, status: Status, **spec: Any) -> None:
        """Create a pipeline, unless it is there, and write its status."""
        body = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": KIND,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        }
        objects: Any = CustomObjectsApi(self.client)
        with contextlib.suppress(ApiException):
            objects.create_namespaced_custom_object(GROUP, VERSION, namespace, PLURAL, body)
        Cluster(self.client).write_status(namespace, name, status)

    def delete(self, namespace: str, name: str) -> None:
        """Delete a pipeline."""
        kind: Any = (GROUP, VERSION, namespace, PLURAL, name)
        CustomObjectsApi(self.client).delete_namespaced_custom_object(*kind)

    def event(self, namespace: str, name: str, reason: Reason, message: str) -> None:
        """Write an Event as the operator does."""
        found: Any = Cluster(self.client).pipeline(namespace, name)
        event = Event("Warning", reason, message)
        EventRecorder(self.client).record(Reference.to(found["metadata"]), event)

    def token(self, account: str, namespace: str = "", *verbs: str) -> str:
        """Return a token of a service account that has these verbs in *namespace*."""
        core: Any = CoreV1Api(self.client)
        metadata = {"name": account}
        with contextlib.suppress(ApiException):
            core.create_namespaced_service_account("default", {"metadata": metadata})
        if verbs:
            self._allow(account, namespace, verbs)
        ask = {"spec": {"expirationSeconds": 3600}}
        found = core.create_namespaced_service_account_token(account, "default", ask)
        return str(found.status.token)

    def _allow(self, account: str, namespace: str, verbs: tuple[str, ...]) -> None:
        rbac: Any = RbacAuthorizationV1Api(self.client)
        resources = {"apiGroups": [GROUP], "resources": [PLURAL], "verbs": [*verbs]}
        role: Any = {"metadata": {"name": account}, "rules": [resources]}
        subject = {"kind": "ServiceAccount", "name": account, "namespace": "default"}
        group = "rbac.authorization.k8s.io"
        binding: Any = {
            "metadata": {"name": account},
            "roleRef": {"kind": "Role", "name": account, "apiGroup": group},
            "subjects": [subject],
        }
        with contextlib.suppress(ApiException):
            rbac.create_namespaced_role(namespace, role)
            rbac.create_namespaced_role_binding(namespace, binding)

    def revoke(self, account: str, namespace: str) -> None:
        """Delete the role binding of a service account."""
        RbacAuthorizationV1Api(self.client).delete_namespaced_role_binding(account, namespace)


@pytest.fixture(scope="session")
def kubernetes(cluster: Path) -> Iterator[Kubernetes]:
    """Return the API server of the session, with the namespaces `shop` and `secret`."""
    client = config.new_client_from_config(str(cluster))
    found = Kubernetes(cluster, client)
    for name in ("shop", "secret"):
        found.namespace(name)
    yield found
    client.close()


@dataclass
class Served:
    """The running command; *url* is as it prints it, *origin* without the token."""

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self.url.partition("/#")[0]

    @property
    def token(self) -> str:
        return self.url.partition("token=")[2]


@contextlib.contextmanager
def serving(kubeconfig: Path, *options: str, **environment: str) -> Iterator[Served]:
    """Run `dataflowxpress ui` until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dataflowxpress", "ui", "--no-browser", *options],
        env={
            **os.environ,
            **environment,
            "KUBECONFIG": str(kubeconfig),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        port = re.search(r"port (\d+)", line)
        url = re.search(r"http\S+", line)
        assert port or url, f"no address in {line!r}"
        yield Served(process, url[0] if url else f"http://127.0.0.1:{port[1] if port else 0}")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
        assert process.stdout
        process.stdout.close()
    assert process.returncode == 0, "ctrl-C ends the command without an error"


@pytest.fixture(scope="session")
def served(kubernetes: Kubernetes) -> Iterator[Served]:
    """Serve the page for its user, with the namespaces of most tests."""
    names = ("--namespace", "shop", "--namespace", "secret")
    with serving(kubernetes.kubeconfig, *names) as found:
        yield found


@pytest.fixture(scope="session")
def shared(kubernetes: Kubernetes) -> Iterator[Served]:
    """Serve the page for users of the cluster."""
    with serving(kubernetes.kubeconfig, "--listen", "127.0.0.1:0") as found:
        yield found


def chromium() -> str | None:
    """Return the path of Chromium, or None if there is none."""
    named = os.environ.get("DATAFLOWXPRESS_CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")  # a process can have only one Playwright at a time
def browser() -> Iterator[Browser]:
    """Return Chromium; without one, the tests are skipped."""
    if not (found := chromium()):
        pytest.skip("no Chromium: install it, or set DATAFLOWXPRESS_CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(params=["light"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return a tab that must have no error: of a script, or of the Content-Security-Policy."""
    context = browser.new_context(
        color_scheme=request.param, viewport={"width": 1280, "height": 900}
    )
    page, problems = context.new_page(), list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda said: problems.append(said.text) if _is_problem(said.type, said.text) else None,
    )
    yield page
    context.close()
    assert problems == []


def _is_problem(kind: str, text: str) -> bool:
    # Chromium itself writes refused requests to the console, which some tests are about.
    return kind in {"error", "warning"} and not text.startswith("Failed to load resource")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Return the name of a pipeline of the test's own."""
    return re.sub(r"[^a-z0-9]+", "-", str(request.node.name).lower())[5:55].strip("-")
