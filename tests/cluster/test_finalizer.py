"""The finalizer: on the real API server it is there before the first resource, and goes last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config
from kubernetes.client import ApiException, CustomObjectsApi

from dataflowxpress.api.pipeline import FINALIZER, Pipeline
from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.kube.client import Cluster
from tests.e2e.conftest import NAMESPACE

NAME = "held"
WHERE = (GROUP, VERSION, NAMESPACE, PLURAL)
THEIRS = "example.com/theirs"


@pytest.fixture
def client(cluster: Path) -> Iterator[Any]:
    """A client of an API server on which no operator works."""
    client: Any = config.new_client_from_config(str(cluster))
    yield client
    client.close()


@pytest.fixture
def objects(client: Any) -> Iterator[Any]:
    """A pipeline without a finalizer; it is gone after the test."""
    objects: Any = CustomObjectsApi(client)
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": NAME}}
    objects.create_namespaced_custom_object(*WHERE, {**body, "spec": {}})
    yield objects
    if Cluster(client).pipeline(NAMESPACE, NAME):
        finalizers(objects, None)
    if Cluster(client).pipeline(NAMESPACE, NAME):
        objects.delete_namespaced_custom_object(*WHERE, NAME)


def finalizers(objects: Any, wanted: list[str] | None) -> None:
    """Set the finalizers as another program does."""
    objects.patch_namespaced_custom_object(*WHERE, NAME, {"metadata": {"finalizers": wanted}})


def read(cluster: Cluster) -> Pipeline:
    body = cluster.pipeline(NAMESPACE, NAME)
    assert body
    return Pipeline(body)


@pytest.mark.parametrize("before", [[], [THEIRS]], ids=["none", "one of somebody else"])
def test_finalizers_of_others_stay(client: Any, objects: Any, before: list[str]) -> None:
    cluster = Cluster(client)
    finalizers(objects, before)
    assert cluster.hold(read(cluster))
    assert read(cluster).finalizers == [*before, FINALIZER]
    cluster.release(read(cluster))
    assert list(read(cluster).finalizers) == before


@pytest.mark.parametrize("before", [[], ["example.com/first"]], ids=["the first", "another"])
def test_a_finalizer_that_was_added_meanwhile_is_not_overwritten(
    client: Any, objects: Any, before: list[str]
) -> None:
    cluster = Cluster(client)
    finalizers(objects, before)
    outdated = read(cluster)
    finalizers(objects, [*before, THEIRS])
    with pytest.raises(ApiException) as refusal:
        cluster.hold(outdated)
    assert refusal.value.status == 422
    assert read(cluster).finalizers == [*before, THEIRS]


def test_a_held_pipeline_goes_when_it_is_released(client: Any, objects: Any) -> None:
    cluster = Cluster(client)
    assert cluster.hold(read(cluster))
    objects.delete_namespaced_custom_object(*WHERE, NAME)
    assert read(cluster).is_deleting
    last = read(cluster)
    cluster.release(last)
    assert cluster.pipeline(NAMESPACE, NAME) is None
    assert not cluster.hold(Pipeline({"metadata": {**last.body["metadata"], "finalizers": []}}))


def test_a_pipeline_that_goes_already_is_not_held(client: Any, objects: Any) -> None:
    cluster = Cluster(client)
    finalizers(objects, [THEIRS])
    before = read(cluster)
    objects.delete_namespaced_custom_object(*WHERE, NAME)
    with pytest.raises(ApiException):
        cluster.hold(before)


@pytest.mark.usefixtures("objects")
def test_a_list_of_the_metadata_says_what_is_asked_for(client: Any) -> None:
    cluster = Cluster(client)
    assert cluster.hold(read(cluster))
    (found,) = [p for p in map(Pipeline, cluster.list_metadata([NAMESPACE])) if p.name == NAME]
    assert "spec" not in found.body
    assert found.is_held
    assert found.request == read(cluster).request
