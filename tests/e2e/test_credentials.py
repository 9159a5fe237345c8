"""An AWS that will not let us in, or does not answer: said on the resource, tried again later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config
from kubernetes.client import CustomObjectsApi

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.controller.reconciler import Reconciler
from dataflowxpress.controller.result import Result
from dataflowxpress.kube.client import Cluster
from dataflowxpress_sandbox.aws import Aws, environment_of_root
from tests.fresh_clients import forget_clients, fresh_clients

NAMESPACE = "default"
WRONG = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wrong"}
WATCH_STALE_AFTER = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9"
}  # the port where everything is discarded


@pytest.fixture
def kubernetes(cluster: Path) -> Iterator[Any]:
    with config.new_client_from_config(str(cluster)) as client:
        yield client


@pytest.fixture
def reconciler(kubernetes: Any, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reconciler]:
    """A reconciler whose AWS is what the environment says when it is first asked."""
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with fresh_clients(monkeypatch, environment_of_root(aws)):
        yield Reconciler(Cluster(kubernetes))


@pytest.fixture
def pipeline(kubernetes: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """A pipeline of the test's own that no operator looks at."""
    objects = CustomObjectsApi(kubernetes)
    name = f"locked-out-{abs(hash(request.node.name)) % 10**6}"
    where = (GROUP, VERSION, NAMESPACE, PLURAL)
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": name}}
    objects.create_namespaced_custom_object(*where, {**body, "spec": {}})
    yield name
    objects.patch_namespaced_custom_object(*where, name, {"metadata": {"finalizers": None}})
    objects.delete_namespaced_custom_object(*where, name)


def reconciled(reconciler: Reconciler, name: str) -> Result:
    report = reconciler.reconcile(NAMESPACE, name)
    assert report
    return report


@pytest.mark.parametrize(
    ("environment", "without", "reason", "words", "stalled"),
    [
        (WRONG, (), "CredentialsRejected", "InvalidClientTokenId", "True"),
        ({}, tuple(WRONG), "CredentialsRejected", "Unable to locate credentials", "True"),
        (WATCH_STALE_AFTER, (), "AWSUnreachable", "127.0.0.1:9", "False"),
    ],
    ids=["wrong credentials", "no credentials", "an AWS that does not answer"],
)
def test_why_nothing_can_be_done_stands_on_the_resource(  # noqa: PLR0913, PLR0917 - a row a case
    reconciler: Reconciler,
    pipeline: str,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    without: tuple[str, ...],
    reason: str,
    words: str,
    stalled: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in without:
        monkeypatch.delenv(name)
    report = reconciled(reconciler, pipeline)
    ready, stuck = report.status["Ready"], report.status["Stalled"]
    assert ready
    assert stuck
    assert (ready.status, ready.reason, stuck.status) == ("False", reason, stalled)
    assert words in ready.message
    assert not report.success  # it is tried again, whatever the reason
    assert report.status.resources == ()
    assert [event.type for event in report.events] == ["Warning"]


def test_what_was_wrong_is_forgotten_once_it_is_right(
    reconciler: Reconciler, pipeline: str, monkeypatch: pytest.MonkeyPatch, aws: Aws
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", WATCH_STALE_AFTER["AWS_ENDPOINT_URL"])
    assert not reconciled(reconciler, pipeline).success
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    forget_clients()
    status = reconciled(reconciler, pipeline).status
    conditions = {condition.type: condition.status for condition in status.conditions}
    assert conditions["Ready"] == "True"
    assert conditions["Stalled"] == "False"
