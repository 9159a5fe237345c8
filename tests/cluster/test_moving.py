"""A pipeline moves to another cluster as docs/operations.md tells it, and AWS hardly notices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import config
from kubernetes.client import CoreV1Api
from kubernetes.dynamic import DynamicClient

from dataflowxpress.api.annotations import PAUSED, PLAN, REQUESTED
from dataflowxpress.planning.ownership import CLUSTER_TAG, OWNER_TAG
from dataflowxpress_sandbox.probe import HOST
from dataflowxpress_sandbox.sandbox import Sandbox
from dataflowxpress_sandbox.state import SandboxState
from tests.cluster.conftest import Operators
from tests.e2e.conftest import NAMESPACE, User, holds, says
from tests.scrape import Metrics

NAME = "moved"
SPEC: dict[str, Any] = {"bucket": {"name": "moved-data"}, "tags": {"team": "data"}}
TAGGING = {"TagResource", "TagRole", "TagQueue", "PutBucketTagging", "TagPolicy"}


@pytest.fixture
def new(tmp_path: Path) -> Iterator[User]:
    """The administrator of another cluster."""
    with Sandbox(tmp_path / "new", aws=False).running() as sandbox:
        client = config.new_client_from_config(str(sandbox.kubeconfig))
        yield User(sandbox, DynamicClient(client))
        client.close()


def operate(start: Operators, cluster: User) -> Metrics:
    """Start the operator of a cluster."""
    state = SandboxState()
    state.choose_port("metrics")
    metrics = Metrics(f"{HOST}:{state.ports['metrics']}")
    start("--metrics", metrics.address, KUBECONFIG=str(cluster.sandbox.kubeconfig))
    return metrics


def annotate(cluster: User, **annotations: str | None) -> None:
    cluster.patch(NAME, {"metadata": {"annotations": annotations}})


def compared(cluster: User) -> None:
    """Have everything compared, and wait until it is as specified."""
    asked = str(time.time())
    annotate(cluster, **{REQUESTED: asked})
    answered = lambda s: s.reconcile_handled_at == asked and holds(s, "Ready")  # noqa: E731
    cluster.wait(NAME, answered, 60, "compared")


def owners(user: User) -> set[str]:
    """Return the clusters that the tags of the pipeline's resources name."""
    mine = [{"Key": OWNER_TAG, "Values": [f"{NAMESPACE}/{NAME}"]}]
    tagging = user.aws("resourcegroupstaggingapi")
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=mine)
    tags = [tag for page in pages for r in page["ResourceTagMappingList"] for tag in r["Tags"]]
    return {tag["Value"] for tag in tags if tag["Key"] == CLUSTER_TAG}


def uid(cluster: User) -> str:
    core: Any = CoreV1Api(cluster.dynamic.client)
    return str(core.read_namespace("kube-system").metadata.uid)


@pytest.mark.extended
def test_another_cluster_takes_a_pipeline_over_with_all_that_it_has_in_aws(
    user: User, new: User, start: Operators
) -> None:
    there = operate(start, user)
    user.pipeline(NAME, **SPEC)
    user.ready(NAME, seconds=60)
    user.aws("s3").put_object(Bucket="moved-data", Key="csv_data/a.csv", Body=b"a\n1\n")
    annotate(user, **{PAUSED: "true"})
    user.wait(NAME, says("Paused"), 60, "paused")
    before = there.writes()

    here = operate(start, new)
    new.pipeline(NAME, **SPEC)
    new.wait(NAME, lambda s: holds(s, "Stalled"), 60, "refused: it is the other cluster's")
    assert not here.writes()
    new.pipeline(NAME, annotations={PLAN: "true"}, **SPEC, adopt=True)
    plan = new.wait(NAME, says("Planned"), 60, "planned").drift
    assert {drift.action for drift in plan} == {"update"}
    assert not here.writes()
    new.pipeline(NAME, **SPEC, adopt=True)
    new.ready(NAME, seconds=60)
    assert here.writes()
    assert here.writes().keys() <= TAGGING
    assert owners(user) == {uid(new)}

    user.patch(NAME, {"spec": {"deletionPolicy": "Retain"}})
    user.gone(NAME)
    assert there.writes() == before
    adopted = here.writes()
    new.pipeline(NAME, **SPEC)
    compared(new)
    assert here.writes() == adopted
    assert user.aws("s3").get_object(Bucket="moved-data", Key="csv_data/a.csv")
    new.gone(NAME)
