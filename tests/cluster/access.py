"""Access: service accounts of a cluster, what they may do, and kubeconfigs that act as them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.client import ApiextensionsV1Api, CoreV1Api

from dataflowxpress_sandbox import private
from tests.cluster.conftest import wait_for
from tests.e2e.conftest import NAMESPACE, User

KIND = "datapipelines.dataflowxpress.io"


@dataclass(frozen=True)
class Account:
    """A service account; it may do nothing until it is allowed to."""

    user: User
    name: str
    kubeconfig: Path

    def allow(self, rules: list[dict[str, Any]]) -> None:
        """Let it do this in all namespaces."""
        about = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": self.name}}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": self.name}
        us = {"kind": "ServiceAccount", "name": self.name, "namespace": NAMESPACE}
        self.user.apply(
            {**about, "kind": "ClusterRole", "rules": rules},
            {**about, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": [us]},
        )


def account(user: User, name: str, folder: Path) -> Account:
    """Make a service account, and write a kubeconfig for it."""
    user.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    core: Any = CoreV1Api(user.dynamic.client)
    ask = {"spec": {"expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token(name, NAMESPACE, ask).status.token
    content = yaml.safe_load(user.sandbox.kubeconfig.read_text())
    content["users"][0]["user"] = {"token": token}
    file = folder / f"kubeconfig-{name}"
    private.write(file, yaml.safe_dump(content))
    return Account(user, name, file)


def forget_kind(kubeconfig: Path) -> None:
    """Delete the CustomResourceDefinition of DataPipelines, and wait until it is gone."""
    with config.new_client_from_config(str(kubeconfig)) as client:
        kinds: Any = ApiextensionsV1Api(client)
        kinds.delete_custom_resource_definition(KIND)

        def forgotten() -> bool:
            return not [k for k in kinds.list_custom_resource_definition().items if known(k)]

        def known(kind: Any) -> bool:
            return bool(kind.metadata.name == KIND)

        wait_for(forgotten, "forgotten")
