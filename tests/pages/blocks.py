"""Blocks: the fenced blocks of the pages, each with the options after its language.

| block | check |
|---|---|
| `console` | each line after `$ ` runs in the page's folder, and prints the lines below it |
| `yaml` with an `apiVersion` | the API server accepts it |
| `yaml check="…"` | a fragment: `spec` or `source` of a pipeline, `chart` values, `tenant-policy` |
| `title="FILE"` | the block is FILE in the page's folder |
| `skip="…"` | nothing runs; the reason is one of `SKIPPED` |
| `text`, `mermaid` | an illustration |
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(set(ROOT.glob("*.md")) - {ROOT / "CHANGELOG.md"}),  # which has old names, too
    *sorted(ROOT.glob(".github/**/*.md")),
    ROOT / "charts/dataflowxpress/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
LANGUAGES = {"console", "csv", "json", "mermaid", "python", "sh", "sql", "text", "yaml"}
OPTIONS = {"title", "skip", "check"}
FRAGMENTS = {"spec", "source", "chart", "tenant-policy", "prices"}
SKIPPED = {
    "an AWS account",
    "Athena",
    "a cluster that runs pods",
    "a container builder",
    "Argo CD",
    "a second AWS account",
    "a sandbox of its own",
    "minutes of tests",
    "placeholders",
    "another repository",
    "a published release",
}


@dataclass(frozen=True)
class Block:
    """A fenced block, and the heading above it."""

    page: Path
    line: int
    heading: str
    language: str
    options: dict[str, str]
    content: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def outcome(self) -> str:
        """Return the check of this block in a word or two, or why there is none."""
        if reason := self.options.get("skip"):
            return f"skipped: {reason}"
        return {"console": "run", "yaml": "manifest or fragment", "json": "parsed"}.get(
            self.language, "file" if "title" in self.options else "illustration"
        )


@cache
def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of *page* in their order."""
    return list(_blocks(page))


def indented(page: Path) -> list[int]:
    """Return the lines of blocks that only an indentation marks."""
    found = [token for token in tokens(page) if token.type == "code_block"]
    return [token.map[0] + 1 for token in found if token.map]


def counts(pages: Iterable[Path] = PAGES) -> Counter[str]:
    """Return the number of blocks of each outcome."""
    return Counter(block.outcome for page in pages for block in blocks(page))


@cache
def tokens(page: Path) -> list[Token]:
    """Return what *page* consists of."""
    return MarkdownIt("commonmark").enable("table").parse(page.read_text())


def _blocks(page: Path) -> Iterator[Block]:
    heading = ""
    for before, token in pairwise(tokens(page)):
        if before.type == "heading_open":
            heading = token.content
        if token.type == "fence" and token.map:
            language, *rest = shlex.split(token.info) or [""]
            options = dict(option.partition("=")[::2] for option in rest)
            yield Block(page, token.map[0] + 1, heading, language, options, token.content)
