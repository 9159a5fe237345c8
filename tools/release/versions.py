"""Versions: all places that name the version of the release."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tools.release.project import ROOT, ReleaseError, version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_VERSION = r"\d+\.\d+\.\d+\w*"  # a suffix is wrong, because PEP 440 and SemVer write it differently
# A file, and what stands before the version in it.
_PLACES = (
    ("pyproject.toml", r'^version = "'),
    ("pyproject.toml", r"dataflowxpress-sandbox=="),
    ("sandbox/pyproject.toml", r'^version = "'),
    ("sandbox/pyproject.toml", r'"dataflowxpress=='),
    ("charts/dataflowxpress/Chart.yaml", r"^version: "),
    ("charts/dataflowxpress/Chart.yaml", r"^appVersion: "),
    ("Dockerfile", r"^ARG VERSION="),
    ("Makefile", r"^IMAGE \?= dataflowxpress:"),
    ("SECURITY.md", r"^\| "),
)
_PAGES = ("README.md", "charts/dataflowxpress/README.md", "docs/*.md")
_IN_PAGES = r"(?:dataflowxpress|\$IMAGE)(?::|==|[ ]--version[ ])"


def places(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Yield each place as `file: text before`, and the version that it names, empty if none."""
    for name, before in _PLACES:
        found = re.search(f"{before}({_VERSION})", (root / name).read_text(), re.MULTILINE)
        yield f"{name}: {before}", found[1] if found else ""
    for pattern in _PAGES:
        for page in sorted(root.glob(pattern)):
            for found in re.finditer(f"{_IN_PAGES}({_VERSION})", page.read_text()):
                yield f"{page.relative_to(root)}: {found[0]}", found[1]


def check(root: Path = ROOT) -> str:
    """Return a line with the version; raise ReleaseError with the places of another one."""
    expected = version()
    found = list(places(root))
    if wrong := [f"{place} has {there or 'none'}" for place, there in found if there != expected]:
        raise ReleaseError(f"pyproject.toml has {expected}, but:\n" + "\n".join(wrong))
    return f"version {expected} in {len(found)} places"
