"""An STS that accepts connections and does not answer delays credentials by seconds."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError

from dataflowxpress.aws import sessions
from tests.cluster.frozen import server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "127.0.0.1"
ROLE = "arn:aws:iam::111122223333:role/shop"
BOUND = 30  # seconds; 300 with botocore's defaults


def assumed_role() -> Any:
    return sessions.assumed_session(sessions.own_session(), ROLE)


def web_identity() -> Any:
    return sessions.own_session()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The connections to the STS of this process, which gets each one and sends nothing."""
    accepted: list[object] = []
    with server(HOST, accepted.append) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://{HOST}:{port}")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
        yield accepted


@pytest.mark.parametrize(
    "session", [assumed_role, pytest.param(web_identity, marks=pytest.mark.extended)]
)
def test_credentials_of_a_silent_sts_fail_within_half_a_minute(
    session: Callable[[], Any],
    connections: list[object],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if session is web_identity:  # as EKS configures a pod
        (tmp_path / "token").write_text("token")
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
        monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "some")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "body")
    error, seconds = _failure(session())
    assert isinstance(error, ReadTimeoutError)
    assert seconds < BOUND
    assert len(connections) == 3  # a single lost packet does not fail the pipelines of a role


def _failure(session: Any) -> tuple[Exception, float]:
    """Return the error of a request for credentials, and its duration."""
    found: queue.Queue[Exception] = queue.Queue()

    def ask() -> None:
        try:
            session.get_credentials().get_frozen_credentials()
        except Exception as error:  # noqa: BLE001 - the test names the error that it wants
            found.put(error)

    begun = time.monotonic()
    threading.Thread(target=ask, daemon=True).start()
    try:
        return found.get(timeout=BOUND), time.monotonic() - begun
    except queue.Empty:
        pytest.fail(f"credentials are still awaited after {BOUND} seconds")
