"""The pages for a first pipeline: their commands work as written, and print the output shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflowxpress.blueprint import artifacts
from tests.e2e.conftest import User

BIN = Path(sys.executable).parent
BLOCK = re.compile(r"^```(console|\w+ [\w.]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The fixture starts and stops the sandbox, and sources its environment.
DONE_BY_THE_FIXTURE = (
    "make setup",
    "source ",
    "dataflowxpress sandbox",
    ".venv/bin/dataflowxpress",
)

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


@pytest.fixture
def folder(user: User, tmp_path: Path) -> Path:
    """Return a folder like a checkout whose sandbox is up."""
    for name, target in {
        ".venv": BIN.parent,
        ".sandbox": user.directory,
        "examples": artifacts.path("examples"),
    }.items():
        (tmp_path / name).symlink_to(target)
    return tmp_path


def test_a_page_shows_what_its_commands_print(user: User, folder: Path) -> None:
    first, cleaning, then = section("first-pipeline", "## Clean up")
    others = ("".join(section(page, "")) for page in ("bad-files", "own-columns"))
    for page in (first, *others, cleaning + then):
        for kind, block in BLOCK.findall(page):
            if kind == "console":
                for command, shown in commands(block):
                    printed = run(command, user, folder)
                    assert re.fullmatch(pattern(shown), plain(printed)), f"{command}\n{printed}"
            else:
                (folder / kind.split()[1]).write_text(block)


def section(page: str, heading: str) -> tuple[str, str, str]:
    text = artifacts.path(f"docs/{page}.md").read_text()
    return text.partition(heading) if heading else (text, "", "")


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Return the commands of a block, each with the output that the page shows."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        if not command.startswith(DONE_BY_THE_FIXTURE):
            yield command, shown


def run(command: str, user: User, folder: Path) -> str:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={
            **os.environ,
            **user.sandbox.env(),
            "HOME": str(folder),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    ).stdout


def pattern(shown: str) -> str:
    """Return the pattern of an output, in which a line `...` stands for any lines."""
    parts = re.split(r"^\.\.\.\n", plain(shown), flags=re.MULTILINE)
    return r"(?:.*\n)*".join(map(re.escape, parts))


def plain(output: str) -> str:
    """Replace ages and digests, which differ from run to run, and what only pads or colours."""
    for volatile, word in {
        r"\x1b\[[\d;]*m": "",
        r"\b\d+[smh](\d+s)?\b": "AGE",
        r"(?<![0-9a-z])[0-9a-f]{8,}\b": "ID",
        r"[ \t]+": " ",
        r" ?\n": "\n",
    }.items():
        output = re.sub(volatile, word, output)
    return output if not output or output.endswith("\n") else f"{output}\n"
