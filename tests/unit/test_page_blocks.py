"""Blocks on the pages: each is of a kind that some check knows, or gives its reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.pages.blocks import (
    FRAGMENTS,
    LANGUAGES,
    OPTIONS,
    PAGES,
    ROOT,
    SKIPPED,
    blocks,
    counts,
    indented,
)
from tools.website import references
from tools.website.links import ADOPTED

BY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@BY_PAGE
def test_each_block_has_a_language_and_options_that_a_check_knows(page: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{block.place}: name the language of the block"
        assert block.options.keys() <= OPTIONS, block.place
        assert block.options.get("skip", "Athena") in SKIPPED, block.place
        assert block.options.get("check", "spec") in FRAGMENTS, block.place


@BY_PAGE
def test_commands_are_in_blocks_that_run(page: Path) -> None:
    assert not indented(page), "put a fence around the block, so that its commands are run"
    for block in blocks(page):
        runs = block.language in {"console", "sql", "sh", "python"}
        lines = re.findall(r"^\$ ", block.content, re.MULTILINE)
        assert runs or not lines or block.options, f"{block.place}: this is a console block"
        if block.language == "console":
            assert block.content.startswith("$ "), f"{block.place}: a command begins with `$ `"
        elif block.language in {"sql", "sh", "python"}:
            assert {"title", "skip"} & block.options.keys(), block.place


@BY_PAGE
def test_json_on_a_page_is_json(page: Path) -> None:
    for block in blocks(page):
        if block.language == "json":
            json.loads(block.content)


def test_most_commands_run() -> None:
    found = counts()
    skipped = sum(number for outcome, number in found.items() if outcome.startswith("skipped"))
    assert found["run"] > skipped


def test_each_page_has_a_place_in_the_navigation() -> None:
    class Loader(yaml.SafeLoader):
        """YAML with the names of Python functions, as MkDocs reads it."""

    Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda *_: None)
    settings = yaml.load((ROOT / "mkdocs.yml").read_text(), Loader)  # noqa: S506 - a safe loader
    placed = set(re.findall(r"[\w/.-]+\.md", json.dumps(settings["nav"])))
    pages = {
        path.relative_to(ROOT / "docs").as_posix()
        for path in PAGES
        if path.is_relative_to(ROOT / "docs") and path.parent.name not in {"adr", "runbooks"}
    }
    assert not pages - placed, "add these pages to `nav` in mkdocs.yml"
    added = {*references.pages(), *ADOPTED.values()}
    assert not placed - pages - added, "remove these pages from `nav` in mkdocs.yml"
