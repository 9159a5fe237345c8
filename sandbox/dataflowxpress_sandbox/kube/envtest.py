"""Envtest: the archive of etcd and kube-apiserver that Kubernetes publishes, fetched and checked.

`envtest.yaml` pins its version and its SHA-512 for each platform.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import yaml

from dataflowxpress_sandbox import cache
from dataflowxpress_sandbox.errors import SandboxError

from . import download
from .download import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

MIRROR = "DATAFLOWXPRESS_ENVTEST_MIRROR"
_NAMES = ("etcd", "kube-apiserver")
_MACHINES = {"aarch64": "arm64", "x86_64": "amd64"}


@dataclass(frozen=True)
class Release:
    """One release of the archives: `url` is the folder that holds a folder for each release."""

    version: str
    url: str
    sha512: dict[str, str]

    @property
    def entry(self) -> Path:
        """The folder of the cache that holds the two binaries once they have been fetched."""
        return cache.directory() / "bin" / f"envtest-{self.version}-{current_platform()}"

    @property
    def archive(self) -> str:
        """The URL of this machine's archive: with MIRROR set, in that mirror."""
        name = f"envtest-{self.version}"
        return f"{self._base()}/{name}/{name}-{current_platform()}.tar.gz"

    def fetch(self, folder: Path, show: Callable[[str], object], cancelled: Event) -> None:
        """Fetch this machine's archive, check its digest and extract both binaries to a folder.

        Raises Unavailable with the reason if that cannot be, `Cancelled` when that is set.
        """
        expected = self.sha512.get(current_platform())
        if not expected:
            raise Unavailable(f"Kubernetes publishes none for {current_platform()}")
        archive = folder / "archive"
        download.save(self.archive, archive, show, cancelled)
        with archive.open("rb") as content:
            found = hashlib.file_digest(content, "sha512").hexdigest()
        if found != expected:
            raise Unavailable(
                f"the SHA-512 of {self.archive} is {found[:16]}…, not {expected[:16]}…"
            )
        _extract(archive, folder)
        archive.unlink()

    def _base(self) -> str:
        mirror = os.environ.get(MIRROR)
        if mirror == "off":
            raise Unavailable(f"{MIRROR}=off")
        if mirror and urlsplit(mirror).scheme not in {"http", "https"}:
            raise SandboxError(f"{MIRROR}={mirror} must be an http(s) URL, or off.")
        return (mirror or self.url).rstrip("/")


@functools.cache
def release() -> Release:
    """Return the release that is pinned."""
    return Release(**yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text()))


def current_platform() -> str:
    """Return the name that the archives have for this machine, such as `linux-amd64`."""
    machine = platform.machine()
    return f"{platform.system().lower()}-{_MACHINES.get(machine, machine)}"


def _extract(archive: Path, folder: Path) -> None:
    """Write the two binaries under their own names, whatever else the archive contains."""
    try:
        with tarfile.open(archive, "r:gz") as content:
            members = {Path(each.name).name: each for each in content if each.isfile()}
            for name in _NAMES:
                _write(content, members.get(name), folder / name)
    except (tarfile.TarError, EOFError, zlib.error) as broken:
        raise Unavailable(f"the archive cannot be read: {broken}") from broken


def _write(content: tarfile.TarFile, member: tarfile.TarInfo | None, target: Path) -> None:
    source = content.extractfile(member) if member else None
    if not source:
        raise Unavailable(f"the archive has no {target.name}")
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
    target.chmod(0o755)
