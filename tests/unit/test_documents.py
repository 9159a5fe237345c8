"""Documents: what they name is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]


def functions_of(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    found = ast.parse(file.read_text()).body
    return {node.name for node in found if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text()):
        assert test in functions_of(ROOT / file), f"{file}::{test}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_links_to_exists(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_code_block_of_a_page_ends(page: Path) -> None:
    inside = False
    for fence in re.findall(r"^ *```(.*)$", page.read_text(), re.MULTILINE):
        assert not (inside and fence), f"a block begins inside another: {fence}"
        inside = not inside
    assert not inside


def test_the_guarantees_name_a_test_for_each_claim() -> None:
    text = (ROOT / "docs/data-guarantees.md").read_text()
    claims = re.findall(
        r"^\| (?!when|---).*\|$", text.partition("## What is guaranteed")[2], re.MULTILINE
    )
    assert len(claims) >= 15
    for claim in claims:
        assert "::test_" in claim or "the same test" in claim, claim
