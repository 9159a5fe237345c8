"""Binaries: etcd and kube-apiserver, built once from pinned Go modules and kept."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from dataflowxpress_sandbox import cache, processes
from dataflowxpress_sandbox.errors import SandboxError

from . import golang

if TYPE_CHECKING:
    from dataflowxpress_sandbox.progress import Progress

_MODULES = Path(__file__).parent / "go"
_ETCD = "go.etcd.io/etcd/server/v3"
_APISERVER = "k8s.io/kubernetes/cmd/kube-apiserver"
_NAMES = ("etcd", "kube-apiserver")


def directory(progress: Progress) -> Path:
    """Return the folder with both: KUBEBUILDER_ASSETS where it is set, else the cache's.

    Building them takes minutes, once for each version; a second sandbox waits for the first.
    """
    given = os.environ.get("KUBEBUILDER_ASSETS")
    return _checked(Path(given)) if given else _built(progress)


def version() -> str:
    """Return the version of Kubernetes that is built, such as `v1.36.3`."""
    return _pinned(r"k8s\.io/kubernetes (v\S+)")


def _checked(assets: Path) -> Path:
    missing = [name for name in _NAMES if not os.access(assets / name, os.X_OK)]
    if missing:
        raise SandboxError(f"KUBEBUILDER_ASSETS={assets} has no {' and no '.join(missing)}.")
    return assets


def _built(progress: Progress) -> Path:
    entry = cache.directory() / "bin" / _digest()
    if entry.is_dir():
        return entry
    progress.tell(
        f"kube-apiserver {version()} and etcd are built from their sources: about five minutes on "
        f"two cores, this once. They are kept in {entry}."
    )
    with progress.step("build Kubernetes"), cache.filling(entry) as folder:
        if folder:
            _build(folder)
    return entry


def _build(folder: Path) -> None:
    major, minor = _pinned(r"^go (\d+\.\d+)").split(".")
    logs = cache.directory() / "build" / _digest()
    processes.stop(logs, timeout=0)  # of a builder that was killed: we hold the lock now
    flag = f"-s -w -X k8s.io/component-base/version.gitVersion={version()}"
    build = processes.start(
        "go",
        [
            *(golang.toolchain((int(major), int(minor))), "-C", str(_MODULES), "build"),
            *("-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", flag),
            *("-o", f"{folder}{os.sep}", _APISERVER, _ETCD),
        ],
        directory=logs,
        env=golang.ENVIRONMENT,
    )
    try:
        if psutil.Process(build.pid).wait():
            raise SandboxError(f"Kubernetes could not be built.{build.tail()}")
    finally:
        build.stop(timeout=0)
    (folder / "server").rename(folder / "etcd")  # Go names it after the last folder of its path


def _digest() -> str:
    pins = [(_MODULES / name).read_bytes() for name in ("go.mod", "go.sum")]
    machine = f"{platform.system()} {platform.machine()}".encode()
    return hashlib.sha256(b"\0".join([*pins, machine])).hexdigest()[:16]


def _pinned(pattern: str) -> str:
    found = re.search(pattern, (_MODULES / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise SandboxError(f"{_MODULES / 'go.mod'} does not pin {pattern}.")
    return found[1]
