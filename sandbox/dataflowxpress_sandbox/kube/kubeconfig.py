"""Kubeconfig: the file with a cluster's address and a client's credentials."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dataflowxpress_sandbox import private
from dataflowxpress_sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def write(path: Path, cluster: dict[str, str], user: dict[str, str]) -> None:
    """Write a kubeconfig with one context, `sandbox`."""
    name = "sandbox"
    _write(path, {"name": name, "cluster": cluster}, {"name": name, "user": user}, name)


def extract(context: str, path: Path) -> None:
    """Write one context of the user's own kubeconfig to a file of its own.

    So the sandbox keeps that cluster when the user's current context changes.
    """
    contexts, clusters, users = (dict(_named(kind)) for kind in ("contexts", "clusters", "users"))
    if context not in contexts:
        known = ", ".join(sorted(contexts)) or "none"
        raise SandboxError(f"No context {context!r} in your kubeconfig; it has: {known}.")
    about = contexts[context]["context"]
    _write(path, clusters[about["cluster"]], users[about["user"]], context, about.get("namespace"))


def _named(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    given = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    existing = [Path(part) for part in given.split(os.pathsep) if part and Path(part).is_file()]
    for path in reversed(existing):  # if two files define a name, the first one counts
        for entry in (yaml.safe_load(path.read_text()) or {}).get(kind) or []:
            yield entry["name"], _absolute(entry, path.resolve().parent)


def _absolute(entry: dict[str, Any], folder: Path) -> dict[str, Any]:
    def resolved(key: str, value: Any) -> Any:
        return str(folder / value) if key in _FILES else value

    return {
        part: {key: resolved(key, value) for key, value in about.items()}
        if isinstance(about, dict)
        else about
        for part, about in entry.items()
    }


def _write(
    path: Path,
    cluster: dict[str, Any],
    user: dict[str, Any],
    context: str,
    namespace: str | None = None,
) -> None:
    about = {"cluster": cluster["name"], "user": user["name"]}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [cluster],
        "users": [user],
        "contexts": [{"name": context, "context": about | _given(namespace=namespace)}],
        "current-context": context,
    }
    private.write(path, yaml.safe_dump(content, sort_keys=False))


def _given(**values: str | None) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}
