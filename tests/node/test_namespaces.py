"""Namespaces on a real node: deleted ones take their pipelines along, or say what blocks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import ApiException

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress_sandbox.aws.faults import Faults
from dataflowxpress_sandbox.aws.serving import RunningAws
from tests.e2e.conftest import User
from tests.node.machine import ROOT, until
from tests.node.release import Release

pytestmark = [
    pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning"),
    pytest.mark.timeout(1800),  # includes an image build
]
SCRIPT = "script"


class Space:
    """A namespace of a tenant, with a pipeline whose script is in a ConfigMap."""

    def __init__(self, user: User, name: str) -> None:
        self.user, self.name = user, name
        self._spaces = user.kind("Namespace", "v1")
        self._pipelines = user.kind(KIND, f"{GROUP}/{VERSION}")
        about: dict[str, Any] = {"apiVersion": "v1", "metadata": {"name": name}}
        self._spaces.create({**about, "kind": "Namespace"})
        about = {"metadata": {"name": SCRIPT, "namespace": name}, "apiVersion": "v1"}
        user.kind("ConfigMap", "v1").create(
            {**about, "kind": "ConfigMap", "data": {"job.py": "print()"}}
        )
        self._pipelines.create(
            {
                "apiVersion": f"{GROUP}/{VERSION}",
                "kind": KIND,
                "metadata": {"name": "orders", "namespace": name},
                "spec": {
                    "deletionPolicy": "Delete",
                    "job": {"script": {"configMapKeyRef": {"name": SCRIPT, "key": "job.py"}}},
                },
            }
        )

    def condition(self, kind: str) -> tuple[str, str]:
        """Return status and message of a condition of the pipeline."""
        found = self._pipelines.get(name="orders", namespace=self.name).to_dict()
        conditions = (found.get("status") or {}).get("conditions", ())
        return next(
            ((c["status"], c["message"]) for c in conditions if c["type"] == kind), ("", "")
        )

    def delete(self) -> None:
        self._spaces.delete(name=self.name)

    @property
    def gone(self) -> bool:
        try:
            self._spaces.get(name=self.name)
        except ApiException as error:
            return bool(error.status == 404)
        return False

    def blockers(self) -> str:
        """Return what the namespace controller says that it waits for."""
        found = self._spaces.get(name=self.name).to_dict()["status"].get("conditions", ())
        return " ".join(each["message"] for each in found if each["status"] == "True")


@pytest.fixture
def spaces(user: User, release: Release) -> Iterator[tuple[Space, Space]]:
    """Two namespaces, whose pipelines are Ready."""
    release.put("install", ROOT / "charts/dataflowxpress", "first")
    stamp = int(time.time())
    both = Space(user, f"goes-{stamp}"), Space(user, f"stays-{stamp}")
    for space in both:
        until(lambda space=space: space.condition("Ready")[0] == "True", f"{space.name} ready")
    yield both
    for space in both:
        if not space.gone:
            space.delete()


def test_a_deleted_namespace_takes_its_pipeline_along_or_says_what_blocks(
    spaces: tuple[Space, Space], aws: RunningAws
) -> None:
    goes, stays = spaces
    faults, glue = Faults(aws), aws.client("glue")
    refusal = {"error": "AccessDeniedException", "resource": f"*{stays.name}*"}
    with faults.during("fail", "glue:DeleteJob", **refusal):
        goes.delete()
        stays.delete()
        until(lambda: goes.gone, "gone")
        until(lambda: "datapipelines" in stays.blockers(), "named by the namespace")
        until(
            lambda: "DeleteJob: AccessDenied" in stays.condition("Ready")[1],
            "named by the pipeline",
        )
        assert not stays.gone
    until(lambda: stays.gone, "gone")
    pages = glue.get_paginator("get_jobs").paginate()
    jobs = {job["Name"] for page in pages for job in page["Jobs"]}
    assert not {job for job in jobs if job.startswith((goes.name, stays.name))}
