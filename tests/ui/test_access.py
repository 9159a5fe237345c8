"""Who may see the page, by the authentication and authorization of a real API server."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.ui import scenes
from tests.ui.conftest import SHOWN, Kubernetes, Served, serving

LIST, ORDERS = "/api/pipelines", "/api/pipelines/shop/orders"


@pytest.fixture(scope="module", autouse=True)
def _fleet(kubernetes: Kubernetes) -> None:
    """Create one pipeline in each of two namespaces."""
    kubernetes.pipeline("shop", "orders", scenes.status("shop/orders"))
    kubernetes.pipeline("secret", "salaries", scenes.status("secret/salaries"))


def get(served: Served, path: str, token: str = "", **headers: str) -> tuple[int, str]:
    """Return the status of an answer, and the first message of a stream."""
    where = urlsplit(served.origin)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=20)
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request("GET", path, headers={**authorization, **headers})
    answer = connection.getresponse()
    lines = [answer.readline().decode() for _ in range(2 if answer.status == 200 else 1)]
    connection.close()
    return answer.status, "".join(lines)


def listed(text: str) -> set[str]:
    message = json.loads(text.partition("data: ")[2])
    return {each["id"] for each in message.get("rows", [])}


@pytest.mark.parametrize("path", [LIST, ORDERS])
@pytest.mark.parametrize("token", ["", "invented", "t\u00f6ken", "eyJhbGciOiJub25lIn0.e30."])
def test_without_a_valid_token_nothing_is_served(shared: Served, path: str, token: str) -> None:
    status, text = get(shared, path, token)
    assert status == 401
    assert "orders" not in text


def test_a_user_without_rights_sees_no_pipeline(shared: Served, kubernetes: Kubernetes) -> None:
    token = kubernetes.token("nobody")
    status, text = get(shared, LIST, token)
    assert (status, listed(text)) == (200, set())
    assert get(shared, ORDERS, token)[0] == 403
    assert get(shared, "/api/pipelines/shop/nothing", token)[0] == 403


def test_a_tenant_sees_the_pipelines_of_the_own_namespace_alone(
    shared: Served, kubernetes: Kubernetes
) -> None:
    token = kubernetes.token("tenant", "shop", "get", "list")
    _, text = get(shared, LIST, token)
    assert {each.partition("/")[0] for each in listed(text)} == {"shop"}
    status, text = get(shared, ORDERS, token)
    assert status == 200
    message = json.loads(text.partition("data: ")[2])
    assert message["eventsProblem"] == "You cannot list Events in this namespace."
    assert get(shared, "/api/pipelines/secret/salaries", token)[0] == 403


def test_a_revoked_permission_ends_what_is_shown(
    page: Page, shared: Served, kubernetes: Kubernetes
) -> None:
    token = kubernetes.token("leaver", "shop", "get", "list")
    page.goto(f"{shared.origin}/#token={token}")
    expect(page.get_by_role("link", name="orders", exact=True)).to_be_visible()
    kubernetes.revoke("leaver", "shop")
    expect(page.get_by_text("No pipelines yet")).to_be_visible(timeout=50_000)


def test_a_user_signs_in_with_a_token(page: Page, shared: Served, kubernetes: Kubernetes) -> None:
    page.goto(shared.origin)
    page.get_by_label("Token of the Kubernetes API server").fill("invented")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("invalid")
    token = kubernetes.token("tenant", "shop", "get", "list")
    page.get_by_label("Token of the Kubernetes API server").fill(token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="orders", exact=True)).to_be_visible()
    assert token not in page.url


def test_a_proxy_that_sends_a_token_spares_its_users_the_form(
    page: Page, shared: Served, kubernetes: Kubernetes
) -> None:
    token = kubernetes.token("tenant", "shop", "get", "list")
    page.set_extra_http_headers({"Authorization": f"Bearer {token}"})
    page.goto(shared.origin)
    expect(page.get_by_role("link", name="orders", exact=True)).to_be_visible()


def test_the_users_own_page_needs_the_printed_token(served: Served) -> None:
    assert get(served, LIST)[0] == 401
    assert get(served, LIST, "invented")[0] == 401
    assert get(served, LIST, served.token)[0] == 200


def test_the_token_leaves_the_address(page: Page, served: Served) -> None:
    page.goto(served.url)
    page.locator("tbody tr").first.wait_for()
    assert served.token not in page.url


def test_a_site_whose_name_resolves_to_the_loopback_gets_nothing(served: Served) -> None:
    assert get(served, "/", Host="rebound.example.com")[0] == 421


def test_the_users_own_page_is_reachable_at_one_address_alone(served: Served) -> None:
    port = urlsplit(served.origin).port or 0
    with pytest.raises(ConnectionRefusedError):  # a server of all addresses would answer
        socket.create_connection(("127.0.0.2", port), timeout=5)


@pytest.mark.parametrize("path", ["/", "/app.js", LIST, "/nothing", "/..%2fserver.py"])
def test_every_answer_has_the_security_headers(served: Served, path: str) -> None:
    where = urlsplit(served.origin)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in answer.headers
    assert answer.read().find(b"class Server") < 0
    connection.close()


@pytest.fixture
def limited(kubernetes: Kubernetes, tmp_path: Path) -> Iterator[Path]:
    """Write a kubeconfig of a user who may read one namespace."""
    content = yaml.safe_load(kubernetes.kubeconfig.read_text())
    token = kubernetes.token("reader", "shop", "get", "list", "watch")
    content["users"][0]["user"] = {"token": token}
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    yield file
    shutil.rmtree(tmp_path)


def test_with_rights_in_one_namespace_the_page_shows_that_namespace(
    page: Page, limited: Path
) -> None:
    with serving(limited, "--namespace", "shop") as served:
        page.goto(served.url)
        link = page.get_by_role("link", name="orders", exact=True)
        expect(link).to_be_visible()
        link.click()
        expect(page.locator(".events")).to_contain_text("Events are unknown. shop: 403")


def test_without_rights_the_page_names_the_cure(page: Page, limited: Path) -> None:
    with serving(limited) as served:
        page.goto(served.url)
        expect(page.get_by_text("403 Forbidden")).to_be_visible(timeout=5 * SHOWN)
        expect(page.get_by_text("--namespace")).to_be_visible()
