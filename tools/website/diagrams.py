"""Diagrams: draws Mermaid blocks as SVG when the site is built, so that pages load no script."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import mermaidx

_CONFIGURATION: dict[str, Any] = {"theme": "neutral"}
_TITLE = re.compile(r"^\s*accTitle:\s*(.+)$", re.MULTILINE)


class WithoutTitle(Exception):
    """A diagram has no `accTitle`, which screen readers read in its place."""


def draw(source: str, *_: object, **__: object) -> str:
    """Return the SVG of a block: a formatter of `pymdownx.superfences`."""
    if not _TITLE.search(source):
        raise WithoutTitle(f"add a line `accTitle: …` to the diagram:\n{source}")
    svg = mermaidx.render(source, config=_CONFIGURATION).svg()
    name = f"diagram-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    return f'<figure class="diagram">{svg.replace("my-svg", name)}</figure>'
