"""The next version of the API comes as docs/operations.md tells it, and no pipeline is lost."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import config
from kubernetes.client import ApiException, ApiextensionsV1Api, ApisApi, CustomObjectsApi

from dataflowxpress.api.spec import GROUP, KIND, PLURAL, VERSION
from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox.sandbox import Sandbox
from tests.cluster.conftest import wait_for
from tests.e2e.conftest import NAMESPACE

CRD = f"{PLURAL}.{GROUP}"
NEXT = "v1beta1"
KINDS = Path(artifacts.path("crds/datapipelines.yaml"))


class Cluster:
    """A cluster that knows DataPipelines."""

    def __init__(self, client: Any) -> None:
        self.kinds: Any = ApiextensionsV1Api(client)
        self.objects: Any = CustomObjectsApi(client)
        self.groups: Any = ApisApi(client)

    def release(self, *, stores: str, serves: set[str]) -> None:
        """Upgrade the kind to these versions, and wait until they are answered."""
        kind = yaml.safe_load(KINDS.read_text())
        [only] = kind["spec"]["versions"]
        kind["spec"]["versions"] = [
            {**copy.deepcopy(only), "name": name, "storage": name == stores, "served": True}
            for name in sorted(serves | {stores})
        ]
        now = self.kinds.read_custom_resource_definition(CRD)
        kind["metadata"]["resourceVersion"] = now.metadata.resource_version
        self.kinds.replace_custom_resource_definition(CRD, kind)
        wait_for(lambda: self.served() == serves, f"serving {serves}")

    def served(self) -> set[str]:
        groups = self.groups.get_api_versions().groups
        return {v.version for group in groups if group.name == GROUP for v in group.versions}

    @property
    def stored(self) -> list[str]:
        return list(self.kinds.read_custom_resource_definition(CRD).status.stored_versions)

    def get(self, version: str) -> Any:
        return self.objects.get_namespaced_custom_object(GROUP, version, NAMESPACE, PLURAL, "old")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Sandbox(tmp_path / "sandbox", aws=False).running() as sandbox:
        client = config.new_client_from_config(str(sandbox.kubeconfig))
        yield Cluster(client)
        client.close()


@pytest.mark.extended
def test_the_next_version_comes_in_three_steps(cluster: Cluster) -> None:
    body = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": "old"},
        "spec": {"bucket": {"name": "old-data"}},
    }
    where = (GROUP, VERSION, NAMESPACE, PLURAL)
    before = cluster.objects.create_namespaced_custom_object(*where, body)

    cluster.release(stores=VERSION, serves={VERSION, NEXT})
    assert cluster.get(NEXT)["spec"] == before["spec"]

    cluster.release(stores=NEXT, serves={VERSION, NEXT})
    assert cluster.stored == [VERSION, NEXT]
    with pytest.raises(ApiException, match="storedVersions"):  # or what is stored would be lost
        cluster.release(stores=NEXT, serves={NEXT})
    found = cluster.get(NEXT)
    cluster.objects.replace_namespaced_custom_object(GROUP, NEXT, NAMESPACE, PLURAL, "old", found)
    status = {"status": {"storedVersions": [NEXT]}}
    cluster.kinds.patch_custom_resource_definition_status(CRD, status)

    cluster.release(stores=NEXT, serves={NEXT})
    assert cluster.stored == [NEXT]
    after = cluster.get(NEXT)
    assert after["spec"] == before["spec"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
