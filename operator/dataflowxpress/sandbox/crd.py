"""CRD: the DataPipeline kind, made known to a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from dataflowxpress.sandbox import processes
from dataflowxpress.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 30.0


def install(definition: Path, kubeconfig: Path) -> None:
    """Apply a CustomResourceDefinition and wait until the API server serves it."""
    from kubernetes import client, config

    loader: Any = config  # its types stop at its front door
    wanted = yaml.safe_load(definition.read_text())
    name = wanted["metadata"]["name"]
    with loader.new_client_from_config(str(kubeconfig)) as connection:
        api = client.ApiextensionsV1Api(connection)
        try:
            api.patch_custom_resource_definition(
                name,
                wanted,
                field_manager="dataflowxpress-sandbox",
                force=True,
                _content_type="application/apply-patch+yaml",
            )
        except client.ApiException as refused:
            raise SandboxError(f"{definition} is refused: {_message(refused)}") from refused

        def established() -> bool:
            return _established(api.read_custom_resource_definition(name))

        processes.wait_until(established, _SECONDS, f"{name} to be established")


def _message(refused: Any) -> str:
    try:
        return str(json.loads(refused.body)["message"])
    except (KeyError, TypeError, ValueError):  # a proxy, not an API server
        return str(refused)


def _established(definition: Any) -> bool:
    conditions = definition.status.conditions or []
    return any(each.type == "Established" and each.status == "True" for each in conditions)
