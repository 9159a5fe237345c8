"""Wheels: the operator's and the sandbox's, with the same bytes from each build."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import uv

from tools.release.project import DIST, ROOT, ReleaseError, epoch, run

_PACKAGES = (ROOT, ROOT / "sandbox")


def build(folder: Path = DIST) -> list[Path]:
    """Build both wheels into *folder*, with the tools that image/build.lock pins."""
    constraints = ("--build-constraints", ROOT / "image/build.lock", "--require-hashes")
    environment = {"SOURCE_DATE_EPOCH": str(epoch())}
    for package in _PACKAGES:
        command = (uv.find_uv_bin(), "build", "--quiet", "--wheel", *constraints)
        run(*command, "--out-dir", folder, package, env=environment)
    return sorted(folder.glob("dataflowxpress*.whl"))


def check() -> str:
    """Build the wheels into dist/ and again elsewhere; raise ReleaseError if bytes differ."""
    for old in DIST.glob("dataflowxpress*.whl"):
        old.unlink()
    first = build()
    with tempfile.TemporaryDirectory() as folder:
        second = {wheel.name: digest(wheel) for wheel in build(Path(folder))}
    if different := [wheel.name for wheel in first if digest(wheel) != second.get(wheel.name)]:
        raise ReleaseError(f"two builds differ: {', '.join(different)}")
    names = ", ".join(f"{wheel.name} {digest(wheel)[:12]}" for wheel in first)
    return f"wheels, the same bytes twice: {names}"


def digest(file: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
