"""Krew: the manifest of the plugin, with the digests of its archives."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import yaml

from tools.release import plugin
from tools.release.project import DIST, ROOT, ReleaseError, Target, run, version
from tools.release.wheels import digest
from tools.tool import tool

_CAVEATS = f"""\
The plugin needs Python {plugin.PYTHONS[0]} to {plugin.PYTHONS[-1]} as `python3` on PATH.
Commands that read data or bills use your AWS credentials.
"""


def manifest(target: Target) -> Path:
    """Write dist/dataflow.yaml for the built archives, and return its path."""
    path = DIST / "dataflow.yaml"
    path.write_text(yaml.safe_dump(_content(target), sort_keys=False, width=100))
    return path


def validate(path: Path) -> None:
    """Raise ReleaseError if krew's validator refuses the manifest."""
    run(tool("krew", "validate-krew-manifest"), "--manifest", path, "--skip-install")


def install(path: Path, platform: tuple[str, str]) -> None:
    """Install the plugin with krew from its archive, and run it; raise ReleaseError if it fails.

    Krew compares the archive with the digest in the manifest.
    """
    with tempfile.TemporaryDirectory() as root:
        environment = {"KREW_ROOT": root, "KREW_NO_UPGRADE_CHECK": "1"}
        local = ("--manifest", path, "--archive", plugin.archive(*platform))
        run(tool("krew", "krew"), "install", *local, env=environment)
        printed = run(Path(root) / "bin" / plugin.COMMAND, "crd")
    if printed != (ROOT / "crds/datapipelines.yaml").read_text():
        raise ReleaseError("the installed plugin prints another CRD: run `make crd`, and commit it")


def _content(target: Target) -> dict[str, Any]:
    return {
        "apiVersion": "krew.googlecontainertools.github.com/v1alpha2",
        "kind": "Plugin",
        "metadata": {"name": "dataflow"},
        "spec": {
            "version": f"v{version()}",
            "homepage": target.source,
            "shortDescription": "Inspect and run file-to-Parquet pipelines on AWS",
            "description": "Shows status, runs, plans, rejected rows and costs of DataPipelines.\n",
            "caveats": _CAVEATS,
            "platforms": [_platform(target, *names) for names in plugin.PLATFORMS],
        },
    }


def _platform(target: Target, os: str, arch: str) -> dict[str, Any]:
    archive = plugin.archive(os, arch)
    return {
        "selector": {"matchLabels": {"os": os, "arch": arch}},
        "uri": f"{target.source}/releases/download/v{version()}/{archive.name}",
        "sha256": digest(archive),
        "bin": plugin.COMMAND,
    }
