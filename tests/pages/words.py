"""Words: the commands and names in a page's text, also in blocks that no sandbox can run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.pages.blocks import blocks, tokens

_ENDS = {"|", ">", "<", "&&", ";", "#", "||"}
_PROMPT = re.compile(r"^\s*\$ ", re.MULTILINE)
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")


def inline(page: Path) -> Iterator[str]:
    """Yield the code spans of *page*."""
    for token in tokens(page):
        for child in token.children or []:
            if child.type == "code_inline":
                yield child.content


def commands(page: Path, *programs: str) -> Iterator[list[str]]:
    """Yield the words of each command that begins with one of *programs*, without its pipes."""
    for line in _lines(page):
        for part in [*_SUBSTITUTION.findall(line), line]:
            for piece in re.split(r" \| | && ", part):
                if piece.strip().startswith(tuple(f"{program} " for program in programs)):
                    yield list(_words(piece.strip()))


def _lines(page: Path) -> Iterator[str]:
    yield from inline(page)
    for block in blocks(page):
        joined = block.content.replace("\\\n", " ")
        if block.language == "console":
            yield from (part.splitlines()[0] for part in _PROMPT.split(joined)[1:])
        elif block.language == "sh":
            yield from joined.splitlines()


def _words(command: str) -> Iterator[str]:
    """Yield the words up to the end of a simple command."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|<>;&")
    lexer.whitespace_split = True
    try:
        for word in lexer:
            if word in _ENDS:
                return
            yield word
    except ValueError:  # the code span is a part of a quoted text
        return
