"""Machine: a real node, the images on it, and the addresses between it and this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BRIDGE = "10.88.0.1"  # as which the pods reach this machine
BASE = "localhost/python:3.11-slim"
IMAGE = "localhost/dataflowxpress"


@dataclass
class Node:
    """The command that runs a node, and the kubeconfig of its administrator."""

    command: Path
    kubeconfig: Path

    def __call__(self, *words: object) -> str:
        done = subprocess.run(
            [self.command, *map(str, words)], capture_output=True, check=False, text=True
        )
        assert done.returncode == 0, f"{words}: {done.stderr[-3000:]}"
        return done.stdout

    def images(self, folder: Path) -> None:
        """Build the image from the Dockerfile as `first`, and from that another as `second`."""
        self("base", BASE)
        self("build", f"{IMAGE}:first", context(folder / "context"))
        (folder / "Dockerfile").write_text(f'FROM {IMAGE}:first\nLABEL version="second"\n')
        self("build", f"{IMAGE}:second", folder)


def context(folder: Path) -> Path:
    """Copy what the image is built from, with the node's base image, which has no registry."""
    left_out = shutil.ignore_patterns(".*", "build", "dist", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=left_out)
    shutil.copy(ROOT / ".dockerignore", folder)
    dockerfile = folder / "Dockerfile"
    text, count = re.subn(r"(?m)^FROM \S+ AS base$", f"FROM {BASE} AS base", dockerfile.read_text())
    assert count == 1
    dockerfile.write_text(text)
    return folder


def until(what: Any, words: str, seconds: float = 180) -> float:
    """Wait until *what* is true, and return the seconds."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            pytest.fail(f"not {words} within {seconds:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - began


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found
