"""Prose: check Markdown pages against the rules in styles/, which are in Vale's format.

`python tools/prose.py README.md docs` prints each breach as `page:line: message [rule]`, and exits
with 1 if there is one. Code is not prose: a code span counts as one word, a code block as none.
Between `<!-- vale off -->` and `<!-- vale on -->` only rules with `scope: raw` apply.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

_STYLE = Path(__file__).parents[1] / "styles/DataFlowXpress"
_CODE = "`code`"
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=[\"')\s]|$)|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """Prose without code and link targets, and the line of the page where it begins."""

    line: int
    content: str

    def sentences(self) -> Iterator[Text]:
        """Split at full stops, question marks and exclamation marks before a space."""
        for found in _SENTENCE.finditer(self.content):
            yield Text(self.line_of(found.start()), found.group())

    def line_of(self, position: int) -> int:
        """Return the line of the page on which the character at *position* is."""
        return self.line + self.content.count("\n", 0, position)


@dataclass(frozen=True)
class Breach:
    """A place of a page that breaks a rule."""

    line: int
    message: str
    rule: str


@cache
def rules() -> dict[str, dict[str, Any]]:
    """Return the rules by name, as their files have them."""
    return {file.stem: yaml.safe_load(file.read_text()) for file in sorted(_STYLE.glob("*.yml"))}


def breaches(page: str) -> list[Breach]:
    """Return the breaches on a page of Markdown, by line."""
    prose = list(_prose(page))
    texts = {
        "text": prose,
        "sentence": [sentence for text in prose for sentence in text.sentences()],
        "raw": [Text(1, page)],
    }
    found = {
        Breach(text.line_of(position), message, name)
        for name, rule in rules().items()
        for text in texts[rule.get("scope", "text")]
        for position, message in _CHECKS[rule["extends"]](rule, text.content)
    }
    return sorted(found, key=lambda breach: (breach.line, breach.rule))


def _prose(page: str) -> Iterator[Text]:
    """Yield paragraphs, headings, list items and table cells."""
    on = True
    for token in MarkdownIt("commonmark").enable("table").parse(page):
        if token.type == "html_block":
            on = {"<!-- vale off -->": False, "<!-- vale on -->": True}.get(
                token.content.strip(), on
            )
        if on and token.type == "inline" and token.map:
            yield Text(token.map[0] + 1, "".join(map(_plain, token.children or [])))


def _plain(token: Token) -> str:
    breaks = {"softbreak": "\n", "hardbreak": "\n", "code_inline": _CODE}
    return breaks.get(token.type, token.content if token.type == "text" else "")


def _existence(rule: dict[str, Any], text: str) -> Iterator[tuple[int, str]]:
    for found in _pattern(rule, "|".join(rule["tokens"])).finditer(text):
        yield found.start(), rule["message"] % found.group()


def _substitution(rule: dict[str, Any], text: str) -> Iterator[tuple[int, str]]:
    for old, new in rule["swap"].items():
        for found in _pattern(rule, old).finditer(text):
            yield found.start(), rule["message"] % (new, found.group())


def _occurrence(rule: dict[str, Any], text: str) -> Iterator[tuple[int, str]]:
    found = re.findall(rule["token"], text)
    if len(found) > rule["max"]:
        yield 0, f"{rule['message']} ({len(found)}: {' '.join(found[:5])} …)"


_CHECKS = {"existence": _existence, "substitution": _substitution, "occurrence": _occurrence}


def _pattern(rule: dict[str, Any], words: str) -> re.Pattern[str]:
    edge = "" if rule.get("nonword") else r"\b"
    words = words.replace(" ", r"\s+")
    flags = re.IGNORECASE if rule.get("ignorecase") else re.NOFLAG
    return re.compile(f"{edge}(?:{words}){edge}", flags)


def _pages(arguments: list[str]) -> Iterator[Path]:
    for path in map(Path, arguments):
        yield from sorted(path.rglob("*.md")) if path.is_dir() else [path]


def main(arguments: list[str]) -> int:
    """Print the breaches of the pages and folders, and return the exit code."""
    found = [(page, each) for page in _pages(arguments) for each in breaches(page.read_text())]
    for page, each in found:
        print(f"{page}:{each.line}: {each.message} [{each.rule}]")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
