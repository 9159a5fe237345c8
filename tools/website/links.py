"""Links: where a file of the repository is in the site, and the links of pages to it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Pages outside docs/ that are pages of the site.
ADOPTED = {
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "charts/dataflowxpress/README.md": "reference/chart.md",
}
_COPIES = "files/"
_SOURCES = {place: ROOT / source for source, place in ADOPTED.items()}
_FOLDERS = {DOCS: "index.md", DOCS / "adr": "adr/index.md", DOCS / "runbooks": "runbooks/index.md"}
_HOME = {ROOT / "README.md": "index.md", **_FOLDERS}
_LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)#\s]+)((?:#[^)\s]*)?\))")


def linked(pages: Iterable[tuple[str, str]]) -> dict[Path, str]:
    """Return the files and folders outside docs/ to which pages link, with their places.

    *pages* are places with their Markdown. A page among the files brings its own links.
    """
    found: dict[Path, str] = {}
    left = list(pages)
    while left:
        page, markdown = left.pop()
        for _, path, _ in _LINK.findall(markdown):
            target = _target(page, path)
            place = place_of(target)
            if place.startswith(_COPIES) and target not in found:
                found[target] = place
                if target.suffix == ".md":
                    left.append((place, target.read_text()))
    return found


def relinked(markdown: str, page: str) -> str:
    """Return *markdown* with its links as paths between places in the site."""

    def link(found: re.Match[str]) -> str:
        before, path, after = found.groups()
        place = place_of(_target(page, path))
        return f"{before}{os.path.relpath(place, Path(page).parent)}{after}"

    return _LINK.sub(link, markdown)


def place_of(target: Path) -> str:
    """Return the path in the site of a file or folder of the repository."""
    if home := _HOME.get(target):
        return home
    if adopted := ADOPTED.get(os.path.relpath(target, ROOT)):
        return adopted
    if target.is_relative_to(DOCS):
        inside = target.relative_to(DOCS).as_posix()
        return f"{inside}/README.md" if (target / "README.md").is_file() else inside
    outside = _COPIES + os.path.relpath(target, ROOT)
    return f"{outside}/index.md" if target.is_dir() else outside


def _target(page: str, path: str) -> Path:
    if page.startswith(_COPIES):
        source = ROOT / page.removeprefix(_COPIES)
    else:
        source = _SOURCES.get(page, DOCS / page)
    return Path(os.path.normpath(source.parent / path))
