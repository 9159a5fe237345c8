"""CRD: installs the DataPipeline kind in a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from dataflowxpress_sandbox import processes
from dataflowxpress_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 30.0
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # a tenth of the time, if it is there


def install(definition: Path, kubeconfig: Path) -> None:
    """Apply a CustomResourceDefinition and wait until its objects can be listed.

    Raises SandboxError with the reason if the cluster refuses it or cannot be reached.
    """
    from kubernetes import config
    from urllib3.exceptions import HTTPError

    loader: Any = config  # only the package's public functions have types
    desired = yaml.load(definition.read_text(), Loader=_LOADER)  # noqa: S506 - both are safe
    try:
        with loader.new_client_from_config(str(kubeconfig)) as connection:
            _apply(connection, desired)
            goal = f"{desired['metadata']['name']} to be served"
            processes.wait_until(lambda: _served(connection, desired["spec"]), _SECONDS, goal)
    except (config.ConfigException, HTTPError) as unreachable:
        raise SandboxError(f"The cluster cannot be reached: {unreachable}") from unreachable


def _apply(connection: Any, desired: Any) -> None:
    from kubernetes import client

    try:
        client.ApiextensionsV1Api(connection).patch_custom_resource_definition(
            desired["metadata"]["name"],
            desired,
            field_manager="dataflowxpress-sandbox",
            force=True,
            _content_type="application/apply-patch+yaml",
        )
    except client.ApiException as refused:
        raise SandboxError(f"The cluster refuses {_message(refused)}") from refused


def _message(refused: Any) -> str:
    try:
        return str(json.loads(refused.body)["message"])
    except (KeyError, TypeError, ValueError):  # a proxy has answered, not an API server
        return str(refused)


def _served(connection: Any, spec: Any) -> bool:
    """Check with a list: a kind is established a little before its storage is ready."""
    from kubernetes import client

    version, plural = spec["versions"][0]["name"], spec["names"]["plural"]
    try:
        client.CustomObjectsApi(connection).list_cluster_custom_object(
            spec["group"], version, plural, limit=1
        )
    except client.ApiException:
        return False
    return True
