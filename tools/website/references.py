"""References: pages that are generated from the code when the site is built."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.website import commands, fields, monitoring, permissions, python_api
from tools.website.links import DOCS, ROOT
from tools.website.tables import table

EXAMPLES = ROOT / "examples"


def pages() -> dict[str, str]:
    """Return the Markdown of each generated page by its place in the site."""
    return {place: page() for place, page in _PAGES.items()}


def folder(target: Path) -> str:
    """Return a page with links to the files in a folder."""
    files = sorted(path for path in target.rglob("*") if path.is_file())
    lines = (f"- `{path.relative_to(target).as_posix()}`" for path in files)
    return f"# {os.path.relpath(target, ROOT)}\n\n" + "\n".join(lines) + "\n"


def _decisions() -> str:
    rows = (
        [path.stem[:4], f"[{_title(path)}]({path.name})"]
        for path in sorted((DOCS / "adr").glob("[0-9]*.md"))
    )
    return _page(
        "Decisions",
        "Each page has the context of a decision, the decision and its cost.",
        table(["number", "decision"], rows),
    )


def _runbooks() -> str:
    rows = (
        [f"[{path.stem}]({path.name})", path.read_text().split("\n\n")[1].replace("\n", " ")]
        for path in sorted((DOCS / "runbooks").glob("*.md"))
    )
    return _page(
        "Runbooks",
        "Each alert has a page. `dataflowxpress explain ALERT` prints it.",
        table(["alert", "meaning"], rows),
    )


def _examples() -> str:
    parts: Iterable[str] = (
        f'## {path.stem}\n\n```yaml title="examples/{path.name}"\n{path.read_text()}```\n'
        for path in sorted(EXAMPLES.glob("*.yaml"))
    )
    return _page(
        "Examples",
        "A test applies each example, and deletes it again.",
        *parts,
    )


def _title(path: Path) -> str:
    return re.sub(r"^#\s*(?:ADR\s*)?\d*[.:]?\s*", "", path.read_text().split("\n", 1)[0])


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def _crd() -> str:
    return _page("Fields of a DataPipeline", fields.INTRODUCTION, *fields.sections())


def _command_line() -> str:
    return _page("Command line", commands.INTRODUCTION, *commands.sections())


def _python() -> str:
    return _page("Python API", python_api.INTRODUCTION, *python_api.sections())


def _metrics() -> str:
    return _page("Metrics", monitoring.INTRODUCTION, monitoring.metrics_table())


def _alerts() -> str:
    return _page("Alerts", *monitoring.alert_sections())


def _iam() -> str:
    return _page("IAM actions of the operator", permissions.INTRODUCTION, permissions.actions())


_PAGES: dict[str, Callable[[], str]] = {
    "adr/index.md": _decisions,
    "runbooks/index.md": _runbooks,
    "reference/fields.md": _crd,
    "reference/command-line.md": _command_line,
    "reference/python.md": _python,
    "reference/metrics.md": _metrics,
    "reference/alerts.md": _alerts,
    "reference/iam.md": _iam,
    "reference/examples.md": _examples,
}
