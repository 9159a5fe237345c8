"""Plugin: archives of `kubectl dataflow` for krew, one for each platform.

An archive has a launcher, the packages of image/requirements.lock, and the operator's own wheel.
Pure packages are in it once, compiled ones for each supported Python.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import zipfile
from pathlib import Path

import uv

from tools.release import wheels
from tools.release.archives import pack
from tools.release.project import DIST, NAME, ROOT, run, version

PYTHONS = ("3.11", "3.12", "3.13")
COMMAND = "kubectl-dataflow"
# Platforms as krew names them, and as uv does.
PLATFORMS = {
    ("linux", "amd64"): "x86_64-manylinux_2_28",
    ("linux", "arm64"): "aarch64-manylinux_2_28",
    ("darwin", "amd64"): "x86_64-apple-darwin",
    ("darwin", "arm64"): "aarch64-apple-darwin",
}


def archive(os: str, arch: str) -> Path:
    """Return the path of the archive for a platform."""
    return DIST / f"{COMMAND}_{version()}_{os}_{arch}.tar.gz"


def build(os: str, arch: str) -> Path:
    """Build the archive for a platform; the same commit makes the same bytes."""
    with tempfile.TemporaryDirectory() as work:
        fill(Path(work), PLATFORMS[os, arch])
        pack(Path(work), archive(os, arch))
    return archive(os, arch)


def fill(root: Path, platform: str, pythons: tuple[str, ...] = PYTHONS) -> None:
    """Write the files of the archive for a platform, as uv names it, into *root*."""
    for python in pythons:
        _install(root / "lib" / python, platform, python)
        _share_pure(root / "lib" / python, root / "lib/all")
    _unpack_operator(root / "lib/all")
    shutil.copy(Path(__file__).with_name("launcher.py"), root / COMMAND)
    (root / COMMAND).chmod(0o755)
    shutil.copy(ROOT / "LICENSE", root)


def _install(folder: Path, platform: str, python: str) -> None:
    lock = ("--require-hashes", "--requirements", ROOT / "image/requirements.lock")
    target = ("--target", folder, "--python-platform", platform, "--python-version", python)
    only = ("--quiet", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy")
    run(uv.find_uv_bin(), "pip", "install", *only, *target, *lock)
    shutil.rmtree(folder / "bin", ignore_errors=True)  # scripts with a path of this machine
    (folder / ".lock").unlink(missing_ok=True)


def _share_pure(folder: Path, shared: Path) -> None:
    """Move the files of packages without compiled ones from *folder* to *shared*."""
    for about in sorted(folder.glob("*.dist-info")):
        if "Root-Is-Purelib: true" in (about / "WHEEL").read_text():
            for name in _files(about):
                (shared / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(folder / name, shared / name)


def _files(about: Path) -> list[str]:
    """Return the installed files of a package, without its scripts."""
    listed = [row[0] for row in csv.reader((about / "RECORD").read_text().splitlines())]
    return [name for name in listed if (about.parent / name).is_file()]


def _unpack_operator(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        [wheel] = (each for each in wheels.build(Path(work)) if each.name.startswith(f"{NAME}-"))
        with zipfile.ZipFile(wheel) as content:
            content.extractall(folder)
