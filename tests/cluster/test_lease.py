"""Lease: who gets it, and when, by their own clocks."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from kubernetes.client import ApiClient, ApiException, Configuration
from urllib3.exceptions import HTTPError

from dataflowxpress.kube.lease import DURATION, Lease
from tests.cluster.frozen import server
from tests.e2e.conftest import NAMESPACE, User
from tests.unit.conftest import Clock

Candidate = Callable[[str, Clock], Lease]


@pytest.fixture
def candidate(user: User, lease_name: str) -> Candidate:
    """An operator that would like to have the test's Lease."""

    def make(holder: str, clock: Clock) -> Lease:
        client: Any = user.dynamic.client
        return Lease(NAMESPACE, lease_name, holder=holder, client=client, clock=clock)

    return make


def test_the_first_one_has_it_and_keeps_it(candidate: Candidate) -> None:
    one, other = candidate("one", Clock()), candidate("other", Clock())
    assert one.current() == ""
    assert [one.hold(), other.hold(), one.hold(), other.hold()] == [True, False, True, False]
    assert one.current() == "one"


def test_it_expires_when_no_renewal_was_seen_for_its_duration(candidate: Candidate) -> None:
    clock = Clock()
    one, other = candidate("one", Clock()), candidate("other", clock)
    assert one.hold()
    assert not other.hold()
    clock.now = DURATION - 1
    assert one.hold()  # seen by the other only now: its wait begins anew
    assert not other.hold()
    clock.now = 2 * DURATION - 1
    assert not other.hold()
    clock.now = 2 * DURATION
    assert other.hold()
    assert not one.hold()


def test_whoever_comes_later_does_not_trust_the_clock_of_the_holder(candidate: Candidate) -> None:
    assert candidate("one", Clock()).hold()
    clock = Clock()
    clock.now = 1e9
    assert not candidate("other", clock).hold()


def test_what_was_released_is_free_at_once(candidate: Candidate) -> None:
    one, other = candidate("one", Clock()), candidate("other", Clock())
    assert one.hold()
    one.release()
    assert other.hold()
    one.release()  # it is not one's own any more
    assert other.current() == "other"


def test_of_two_that_reach_for_it_at_once_one_gets_it(candidate: Candidate) -> None:
    one, other = candidate("one", Clock()), candidate("other", Clock())
    assert one.hold()
    one.release()
    seen = other._read()  # noqa: SLF001 - what the other has read before the first one wrote
    assert candidate("third", Clock()).hold()
    assert seen
    with pytest.raises(ApiException) as refusal:
        other._write(seen, {**seen["spec"], "holderIdentity": "other"})  # noqa: SLF001
    assert refusal.value.status == 409
    assert not other.hold()


def test_a_renewal_that_was_stored_but_reported_as_a_conflict_is_a_renewal(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that repeats a request gets 409 for the second one, and passes only that on."""
    one, other = candidate("one", Clock()), candidate("other", Clock())
    assert one.hold()
    put = one._objects.replace_namespaced_custom_object  # noqa: SLF001 - the proxy's place

    def twice(**request: Any) -> Any:
        monkeypatch.undo()
        put(**request)
        return put(**request)

    monkeypatch.setattr(one._objects, "replace_namespaced_custom_object", twice)  # noqa: SLF001
    assert one.hold()
    assert one.current() == "one"
    assert not other.hold()


def test_a_holder_keeps_a_lease_whose_labels_somebody_edits(
    candidate: Candidate, user: User, lease_name: str
) -> None:
    one = candidate("one", Clock())
    assert one.hold()
    leases = user.kind("Lease", "coordination.k8s.io/v1")
    change = {"metadata": {"name": lease_name, "labels": {"team": "data"}}}
    leases.patch(body=change, namespace=NAMESPACE, content_type="application/merge-patch+json")
    assert one.hold()


def test_a_request_without_an_answer_is_sent_once(lease_name: str) -> None:
    """Sent again, it would fail because of itself."""
    requests: list[bytes] = []

    def swallow(connection: socket.socket) -> None:
        requests.append(connection.recv(65536))
        connection.close()

    with server("127.0.0.1", swallow) as port:
        client = ApiClient(Configuration(host=f"http://127.0.0.1:{port}"))
        with pytest.raises(HTTPError):
            Lease(NAMESPACE, lease_name, client=client).hold()
    assert len(requests) == 1
