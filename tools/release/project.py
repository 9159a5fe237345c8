"""Project: what a release publishes, where to, and from which commit."""

from __future__ import annotations

import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts/dataflowxpress"
DIST = ROOT / "dist"
NAME = "dataflowxpress"


class ReleaseError(Exception):
    """What must change before the release."""


@dataclass(frozen=True)
class Target:
    """Places where users find the release.

    *registry* is an OCI registry with a path, for example `ghcr.io/example`; *source* is the URL of
    the repository. *digest* is the pushed image's, empty before the push.
    """

    registry: str
    source: str
    digest: str = ""

    @classmethod
    def from_environment(cls) -> Target:
        """Read RELEASE_REGISTRY, RELEASE_SOURCE and RELEASE_DIGEST; the defaults do not exist."""
        return cls(
            os.environ.get("RELEASE_REGISTRY", "registry.example.com/dataflowxpress"),
            os.environ.get("RELEASE_SOURCE", "https://git.example.com/dataflowxpress"),
            os.environ.get("RELEASE_DIGEST", ""),
        )

    @property
    def repository(self) -> str:
        """Return the repository of the operator's image."""
        return f"{self.registry}/{NAME}"

    def image(self, version: str) -> str:
        """Return the image by digest if it is known, else by tag."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{version}"


def version() -> str:
    """Return the version in pyproject.toml, which all others must equal."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def epoch() -> int:
    """Return SOURCE_DATE_EPOCH, or the time of the last commit: the time of all built files."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    return int(run("git", "-C", ROOT, "log", "-1", "--format=%ct"))


def run(*command: str | Path, env: dict[str, str] | None = None, stdin: str = "") -> str:
    """Return the output of *command*; raise ReleaseError with its messages if it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        check=False,
        env={**os.environ, **(env or {})},
        input=stdin,
        text=True,
    )
    if done.returncode:
        name = " ".join(str(word) for word in command[:3])
        raise ReleaseError(f"{name} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout
