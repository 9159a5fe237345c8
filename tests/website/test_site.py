"""The site: it builds without a warning, loads nothing from elsewhere, and is complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dataflowxpress.api.reasons import Reason
from dataflowxpress.cli.app import COMMANDS
from tests.pages.blocks import ROOT, blocks
from tests.unit.test_monitoring import RULES

LOADED = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"?((?:https?:)?//[^\s\">]+)"
)
INITIAL = re.compile(r"url\(\"?((?:https?:)?//[^)\"]+)")

pytestmark = pytest.mark.extended


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def page(site: Path, place: str) -> str:
    return (site / f"{place}.html").read_text()


def test_pages_load_nothing_from_another_host(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 90
    for each in pages:
        assert not LOADED.findall(each.read_text()), each
    for each in site.rglob("*.css"):
        assert not INITIAL.findall(each.read_text()), each


def test_every_diagram_is_drawn_and_has_a_title(site: Path) -> None:
    for source in (ROOT / "docs").glob("*.md"):
        drawn = [block for block in blocks(source) if block.language == "mermaid"]
        html = page(site, source.stem)
        assert html.count('<figure class="diagram">') == len(drawn), source
        for block in drawn:
            (title,) = re.findall(r"accTitle: (.+)", block.content)
            assert f">{title}</title>" in html, source


def test_the_references_have_every_command_reason_alert_and_field(site: Path) -> None:
    for name in COMMANDS:
        assert f"dataflowxpress {name}" in page(site, "reference/command-line")
    for reason in Reason:
        assert f"<code>{reason}</code>" in page(site, "reasons")
    for rule in RULES:
        assert f">{rule['alert']}</a>" in page(site, "reference/alerts")
    fields = page(site, "reference/fields")
    for path in ("spec.source.csv", "spec.source.columns[]", "spec.catalog.schema", "status.data"):
        assert f">{path}<" in fields


def test_a_file_outside_the_pages_is_part_of_the_site(site: Path) -> None:
    assert (site / "files/examples/partitioned.yaml").read_bytes() == (
        ROOT / "examples/partitioned.yaml"
    ).read_bytes()
    assert "application.yaml" in page(site, "files/argocd/index")
