"""The status in the API server is what was written last, and nothing of what was before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config
from kubernetes.client import CustomObjectsApi

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.api.status import Condition, ResourceStatus, Status
from dataflowxpress.kube.client import Cluster
from tests.e2e.conftest import NAMESPACE

NAME = "said"
WHERE = (GROUP, VERSION, NAMESPACE, PLURAL)


@pytest.fixture
def api(cluster: Path) -> Iterator[Any]:
    """The client of an API server in which there is a pipeline, and no operator."""
    client: Any = config.new_client_from_config(str(cluster))
    objects: Any = CustomObjectsApi(client)
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": NAME}}
    objects.create_namespaced_custom_object(*WHERE, {**body, "spec": {}})
    yield client
    objects.delete_namespaced_custom_object(*WHERE, NAME)
    client.close()


def status(*kinds: str, **more: Any) -> Status:
    """Return a status with a condition and a resource of each of these names."""
    about = {"reason": "Some", "message": "", "observed_generation": 1}
    when = "2026-01-01T00:00:00Z"
    return Status(
        conditions=tuple(
            Condition(type=kind, status="True", last_transition_time=when, **about)
            for kind in kinds
        ),
        resources=tuple(
            ResourceStatus(kind=kind, name="a", key=("a",), state="Ready") for kind in kinds
        ),
        **more,
    )


def test_what_is_no_longer_said_is_gone(api: Any) -> None:
    cluster = Cluster(api)
    for message in (status("Ready", "Drifted", tag_keys=("team",)), status("Ready"), Status()):
        cluster.write_status(NAMESPACE, NAME, message)
        body = cluster.pipeline(NAMESPACE, NAME)
        assert body
        assert body["status"] == message.as_json()
