"""Licences: of the packages in the image and in the plugin, and the ones that are allowed."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import uv

from tools.release.project import DIST, ROOT, ReleaseError, run

_ENVIRONMENT = ROOT / "build/image"
# Permissive ones, and MPL-2.0, whose terms cover only its own files.
_ALLOWED = re.compile(
    r"MIT( License)?|Apache(-2\.0| Software License)"
    r"|BSD License|3-Clause BSD License|BSD-[23]-Clause"
    r"|ISC License \(ISCL\)|PSF-2\.0|Python Software Foundation License"
    r"|Mozilla Public License 2\.0 \(MPL 2\.0\)|MPL-2\.0"
)


def allowed(licence: str) -> bool:
    """Say whether each licence of an expression is allowed, or one of those that `OR` joins."""
    parts = (re.sub(r"^\((.*)\)$", r"\1", part) for part in re.split(r"; | AND ", licence))
    return all(any(map(_ALLOWED.fullmatch, part.split(" OR "))) for part in parts)


def environment() -> Path:
    """Install the packages of the image into build/image, and return its Python."""
    python = _ENVIRONMENT / "bin/python"
    run(uv.find_uv_bin(), "venv", "--quiet", "--clear", _ENVIRONMENT)
    lock = ("--require-hashes", ROOT / "image/requirements.lock")
    run(uv.find_uv_bin(), "pip", "sync", "--quiet", "--python", python, *lock)
    return python


def check() -> str:
    """Write dist/licences.txt with all texts; raise ReleaseError with packages that are denied."""
    command = (Path(sys.executable).with_name("pip-licenses"), "--from=mixed")
    python = ("--python", environment())
    found = json.loads(run(*command, *python, "--format=json"))
    if denied := [f"{each['Name']}: {each['License']}" for each in found if not _fine(each)]:
        raise ReleaseError("licences that are not allowed:\n" + "\n".join(denied))
    texts = ("--format=plain-vertical", "--with-license-file", "--no-license-path")
    (DIST / "licences.txt").write_text(run(*command, *python, *texts))
    return f"licences of {len(found)} packages allowed, their texts in dist/licences.txt"


def _fine(package: dict[str, str]) -> bool:
    return allowed(package["License"])
