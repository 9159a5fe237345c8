"""Changelog: the top entry of CHANGELOG.md as the notes of the release."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import yaml

from tools.release.project import ROOT, ReleaseError, version

_UNRELEASED = "Unreleased"
_HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_DATED = re.compile(r"(?P<version>\S+) - \d{4}-\d{2}-\d{2}")
_KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")


@dataclass(frozen=True)
class Entry:
    """The entry of one version."""

    title: str
    text: str

    @property
    def version(self) -> str:
        """Return the version of a dated entry, else an empty text."""
        found = _DATED.fullmatch(self.title)
        return found["version"] if found else ""

    def changes(self) -> list[dict[str, str]]:
        """Return the sections as Artifact Hub's list of changes: a kind and a description."""
        titles = re.findall(r"^### (\w+)(?:: (.+))?$", self.text, re.MULTILINE)
        known = ((kind.lower(), what or kind) for kind, what in titles if kind.lower() in _KINDS)
        return [{"kind": kind, "description": what} for kind, what in known]


def top(text: str) -> Entry:
    """Return the first entry of a changelog; raise ReleaseError if it has none."""
    headings = list(_HEADING.finditer(text))
    if not headings:
        raise ReleaseError("CHANGELOG.md has no entry: begin one with `## Unreleased`")
    end = headings[1].start() if headings[1:] else len(text)
    return Entry(headings[0]["title"], text[headings[0].end() : end].strip())


def current() -> Entry:
    """Return the top entry of CHANGELOG.md."""
    return top((ROOT / "CHANGELOG.md").read_text())


def check(entry: Entry, expected: str, tag: str) -> str:
    """Return a line about the entry; raise ReleaseError if it is not the release's.

    Without a *tag*, the entry can still be `Unreleased`.
    """
    if tag and tag != f"v{expected}":
        raise ReleaseError(f"the tag {tag} is not v{expected}: tag the commit with that version")
    if not entry.changes():
        raise ReleaseError(f"the entry {entry.title} of CHANGELOG.md lists no changes")
    if entry.title == _UNRELEASED and not tag:
        return f"changelog: Unreleased; date it as `## {expected} - YYYY-MM-DD` before the tag"
    if entry.version != expected:
        raise ReleaseError(
            f"the top entry of CHANGELOG.md is `{entry.title}`: write `## {expected} - YYYY-MM-DD`"
        )
    return f"changelog: {entry.title}"


def check_current() -> str:
    """Check the top entry of CHANGELOG.md against the version and RELEASE_TAG."""
    return check(current(), version(), os.environ.get("RELEASE_TAG", ""))


def annotation(entry: Entry) -> str:
    """Return the changes as the text of `artifacthub.io/changes`."""
    return str(yaml.safe_dump(entry.changes(), sort_keys=False, allow_unicode=True))
