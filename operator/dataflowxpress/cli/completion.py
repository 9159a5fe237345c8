"""Completion: the names that Tab proposes; a cluster that does not answer costs two seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import typer

from . import kubectl


def of_pipeline(context: typer.Context, incomplete: str) -> list[str]:
    """Return the pipelines of the namespace and the context in the command line."""
    where = [context.params.get(name) or "" for name in ("namespace", "context")]
    return _matching(lambda: kubectl.pipelines(*where), lambda: _pipelines(*where), incomplete)


def of_namespace(context: typer.Context, incomplete: str) -> list[str]:
    """Return the namespaces of the cluster."""
    cluster = context.params.get("context") or ""
    return _matching(lambda: kubectl.namespaces(cluster), list, incomplete)


def of_context(incomplete: str) -> list[str]:
    """Return the contexts of the kubeconfig."""
    return _matching(kubectl.contexts, _contexts, incomplete)


def _matching(
    ask: Callable[[], Iterable[str]], without_kubectl: Callable[[], Iterable[str]], incomplete: str
) -> list[str]:
    try:
        names = ask()
    except FileNotFoundError:  # no kubectl
        try:
            names = without_kubectl()
        except Exception:  # noqa: BLE001 - a shell has no use for the error
            return []
    return [name for name in names if name.startswith(incomplete)]


def _pipelines(namespace: str, context: str) -> list[str]:
    from .live import Live, namespace_of

    live = Live(context, timeout=kubectl.SECONDS)
    found = live.pipelines(namespace or namespace_of(context))
    return [body["metadata"]["name"] for body in found]


def _contexts() -> list[str]:
    from kubernetes import config

    found, _ = config.list_kube_config_contexts()
    return [each["name"] for each in found]
