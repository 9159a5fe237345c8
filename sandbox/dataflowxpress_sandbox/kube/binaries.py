"""Binaries: etcd and kube-apiserver, fetched or built once and kept."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from dataflowxpress_sandbox import cache
from dataflowxpress_sandbox.errors import SandboxError

from . import build, envtest
from .download import Unavailable

if TYPE_CHECKING:
    from dataflowxpress_sandbox.progress import Progress, Step

_NAMES = ("etcd", "kube-apiserver")


def directory(progress: Progress, cancelled: threading.Event | None = None) -> Path:
    """Return the folder with both: KUBEBUILDER_ASSETS if it is set, else a folder of the cache.

    If the cache has neither, this fetches the archive that Kubernetes publishes. If that cannot be
    fetched, this builds them from source, which takes minutes. A second sandbox waits for the
    first. Raises SandboxError if neither works, and `Cancelled` when that event is set.
    """
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        return _checked(Path(given))
    for entry in (build.entry(), envtest.release().entry):
        if entry.is_dir():
            return entry
    cancelled = cancelled or threading.Event()
    return _fetched(progress, cancelled) or _built(progress, cancelled)


def version(assets: Path) -> str:
    """Return the version of Kubernetes in a folder that `directory` has returned."""
    command = [str(assets / "kube-apiserver"), "--version"]
    return str(subprocess.check_output(command, text=True)).split()[-1]


def _checked(assets: Path) -> Path:
    missing = [name for name in _NAMES if not os.access(assets / name, os.X_OK)]
    if missing:
        raise SandboxError(f"KUBEBUILDER_ASSETS={assets} has no {' and no '.join(missing)}.")
    return assets


def _fetched(progress: Progress, cancelled: threading.Event) -> Path | None:
    release = envtest.release()
    title = f"download kube-apiserver {release.version} and etcd, once"
    try:
        with (
            progress.step(title) as step,
            cache.filling(release.entry, cancelled, lambda: _waiting(step)) as folder,
        ):
            if folder:
                release.fetch(folder, step.show, cancelled)
    except Unavailable as reason:
        progress.report(f"kube-apiserver and etcd cannot be downloaded: {escape(str(reason))}.")
        return None
    return release.entry


def _built(progress: Progress, cancelled: threading.Event) -> Path:
    entry = build.entry()
    progress.report(
        f"The sandbox builds kube-apiserver {build.version()} and etcd from source instead: four "
        f"to eight minutes on two cores, once. {entry} keeps them."
    )
    with (
        progress.step(f"build kube-apiserver {build.version()} and etcd, once") as step,
        cache.filling(entry, cancelled, lambda: _waiting(step)) as folder,
    ):
        if folder:
            build.build(folder, step.show, cancelled)
    return entry


def _waiting(step: Step) -> None:
    step.show("another process does this already: waiting for it")
