"""A rollback: what only a newer operator knows is reported, and neither forgotten nor touched."""

from __future__ import annotations

from dataflowxpress.api.status import ResourceStatus
from dataflowxpress.kube.client import Cluster
from tests.walks.conftest import NAMESPACE, Life

SPEC = {"deletionPolicy": "Delete"}
NEWER = ResourceStatus(kind="Distribution", name="orders", key=("orders",), state="Ready")


def test_what_a_newer_operator_made_holds_an_older_one_back(life: Life) -> None:
    life.create(SPEC)
    life.converge()
    known = life.status
    cluster = Cluster(life.world.api)
    newer = known.model_copy(update={"resources": (*known.resources, NEWER)})
    cluster.write_status(NAMESPACE, life.name, newer)
    life.world.wire.restart()
    report = life.reconcile()
    ready = report.status["Ready"]
    assert ready
    assert (report.success, ready.reason) == (False, "Refused")
    assert (
        "lists Distribution, which this version of the operator does not support" in ready.message
    )
    assert life.world.wire.writes == []
    assert NEWER in life.status.resources

    life.delete()
    deleting = life.world.operator.delete(NAMESPACE, life.name)
    assert deleting
    assert not deleting.success
    assert life.world.wire.writes == []

    cluster.write_status(NAMESPACE, life.name, known)
    life.end()
    assert life.owned() == set()
