"""The sandbox's API server behaves like any other, as far as it needs no controllers."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes import client, config

from dataflowxpress.blueprint import artifacts
from dataflowxpress_sandbox.errors import SandboxError
from dataflowxpress_sandbox.kube import binaries, crd, kubeconfig
from dataflowxpress_sandbox.probe import answers
from dataflowxpress_sandbox.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def api(cluster: Path) -> Iterator[Any]:
    with connected(cluster) as connection:
        yield connection


def connected(path: Path) -> Any:
    loader: Any = config
    return loader.new_client_from_config(str(path))


def cluster_of(cluster: Path) -> dict[str, str]:
    first: dict[str, str] = yaml.safe_load(cluster.read_text())["clusters"][0]["cluster"]
    return first


def port(cluster: Path) -> int:
    return int(cluster_of(cluster)["server"].rpartition(":")[2])


def as_user(cluster: Path, user: dict[str, str], directory: Path) -> Path:
    path = directory / "kubeconfig"
    kubeconfig.write(path, cluster_of(cluster), user)
    return path


def test_it_reports_the_version_of_its_binaries(api: Any) -> None:
    assets = binaries.directory(Progress())

    assert client.VersionApi(api).get_code().git_version == binaries.version(assets)


def test_it_serves_the_datapipeline_kind(api: Any) -> None:
    pipelines: Any = client.CustomObjectsApi(api).list_cluster_custom_object(
        "dataflowxpress.io", "v1alpha1", "datapipelines"
    )

    assert pipelines["kind"] == "DataPipelineList"


def test_its_certificate_can_be_verified_as_strictly_as_python_can(cluster: Path) -> None:
    tls = ssl.create_default_context(cafile=cluster_of(cluster)["certificate-authority"])
    tls.verify_flags |= ssl.VERIFY_X509_STRICT

    assert answers(port(cluster), "/readyz", tls=tls)


def test_a_client_that_does_not_know_the_authority_does_not_trust_it(cluster: Path) -> None:
    assert not answers(port(cluster), "/readyz", tls=ssl.create_default_context())


def test_a_request_without_a_token_is_refused(cluster: Path, tmp_path: Path) -> None:
    with connected(as_user(cluster, {}, tmp_path)) as anonymous:
        core: Any = client.CoreV1Api(anonymous)

        with pytest.raises(client.ApiException, match="system:anonymous"):
            core.list_namespace()


def test_a_service_account_without_a_role_is_refused(
    api: Any, cluster: Path, tmp_path: Path
) -> None:
    core: Any = client.CoreV1Api(api)
    core.create_namespaced_service_account("default", {"metadata": {"name": "limited"}})
    token = core.create_namespaced_service_account_token("limited", "default", {"spec": {}})

    with connected(as_user(cluster, {"token": token.status.token}, tmp_path)) as limited:
        core = client.CoreV1Api(limited)

        with pytest.raises(client.ApiException, match="system:serviceaccount:default:limited"):
            core.list_namespace()


def test_installing_a_definition_again_changes_nothing(api: Any, cluster: Path) -> None:
    definition = artifacts.path("crds/datapipelines.yaml")
    definitions: Any = client.ApiextensionsV1Api(api)
    name = "datapipelines.dataflowxpress.io"
    before = definitions.read_custom_resource_definition(name).metadata.resource_version

    crd.install(definition, cluster)

    after = definitions.read_custom_resource_definition(name).metadata.resource_version
    assert before == after


def test_a_definition_that_the_server_refuses_is_named_with_the_reason(
    cluster: Path, tmp_path: Path
) -> None:
    definition = tmp_path / "broken.yaml"
    broken = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "brokens.example.org"},
        "spec": {
            "group": "example.org",
            "names": {"kind": "Broken", "plural": "others"},
            "scope": "Cluster",
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
    }
    definition.write_text(yaml.safe_dump(broken))

    with pytest.raises(SandboxError, match=r"brokens\.example\.org.*must be spec\.names\.plural"):
        crd.install(definition, cluster)


def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    closed = {"server": "https://127.0.0.1:1"}
    kubeconfig.write(tmp_path / "kubeconfig", closed, {})

    with pytest.raises(SandboxError, match=r"cannot be reached.*127\.0\.0\.1"):
        crd.install(artifacts.path("crds/datapipelines.yaml"), tmp_path / "kubeconfig")
