"""Session: a shell in a folder like a checkout whose sandbox is up."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.e2e.conftest import User
from tests.pages.blocks import ROOT, Block
from tools.tool import tool

BIN = Path(sys.executable).parent
# After each command: what the next one finds as it is in a shell.
KEEP = '\ncode=$?; { export -p; printf "cd %q\\n" "$PWD"; } > "$SHELL_STATE"; exit $code'
CONTINUED = re.compile(r"(?:[^\n]*\\\n)*[^\n]*\n?")
REFUSES = re.compile(r"^(?:[Ee]rror\b|The \w+ .* is invalid|.* \d+ refused\.$)", re.MULTILINE)
CHANGES = 2  # the exit code of `plan` when something would change


@dataclass(frozen=True)
class Session:
    """A user's shell; variables and the folder last from command to command."""

    folder: Path
    environment: dict[str, str]

    @classmethod
    def of(cls, user: User, folder: Path) -> Self:
        """Return a session in *folder*, which gets links to the files of a checkout."""
        for path in ROOT.iterdir():
            if path.name not in {".venv", ".sandbox", "build", "dist", ".git"}:
                (folder / path.name).symlink_to(path)
        (folder / ".venv").symlink_to(BIN.parent)
        (folder / ".sandbox").symlink_to(user.directory)
        state = folder / ".shell"
        state.touch()
        search = os.pathsep.join(map(str, [BIN, tool("helm4").parent, os.environ["PATH"]]))
        return cls(
            folder,
            {
                **os.environ,
                **user.sandbox.env(),
                "HOME": str(folder),
                "PATH": search,
                "SHELL_STATE": str(state),
            },
        )

    def follow(self, block: Block) -> None:
        """Write the file that a block is, or run its commands and compare what they print."""
        if title := block.options.get("title"):
            (self.folder / title).write_text(block.content)
        elif block.language == "console":
            for command, shown in commands(block.content):
                self._run(command, shown, block)

    def _run(self, command: str, shown: str, block: Block) -> None:
        script = f'set -a; . "$SHELL_STATE"\n{command}{KEEP}'
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        said = f"{block.place}: {command}\nexit code {done.returncode}\n{done.stdout}"
        assert re.fullmatch(pattern(shown), plain(done.stdout)), said
        expected = {0, CHANGES} if command.startswith("dataflowxpress plan ") else {0}
        assert done.returncode in expected or REFUSES.search(shown), said


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a block, each with the output that the page shows.

    A command continues on the next line after a backslash.
    """
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        found = CONTINUED.match(part)
        command = found.group() if found else part
        yield command.rstrip("\n"), part[len(command) :]


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
