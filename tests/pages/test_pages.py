"""The pages: their commands work as written and print what is shown; their manifests are valid."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.e2e.conftest import User
from tests.pages.blocks import PAGES, ROOT, Block, blocks
from tests.pages.session import Session
from tests.sample import EVERYTHING, sampled

CLEANING = "Clean up"
# Pages that go on with the pipelines of another page, before its section "Clean up". Minutes, too.
CONTINUES = {
    "docs/bad-files.md": "docs/first-pipeline.md",
    "docs/own-columns.md": "docs/first-pipeline.md",
}

# Minutes each: `make test-docs`.
LONG = {
    "adopt.md",
    "aws-account.md",
    "custom-script.md",
    "drift.md",
    "plan.md",
    "python.md",
    "replay.md",
    "schema-change.md",
}

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1200),  # a walk over several pages on a busy machine
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed"),
]


def checked(page: Path) -> Iterator[Block]:
    for block in blocks(page):
        if "skip" not in block.options:
            yield block


def walk(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page, the cleaning last.

    With `WALK=all`, those of the pages that continue it come before the cleaning.
    """
    continuing = [ROOT / other for other, first in CONTINUES.items() if ROOT / first == page]
    following = continuing if EVERYTHING else []
    own = list(checked(page))
    yield from (block for block in own if block.heading != CLEANING)
    yield from chain.from_iterable(map(checked, following))
    yield from (block for block in own if block.heading == CLEANING)


WALKS = [
    page
    for page in PAGES
    if str(page.relative_to(ROOT)) not in CONTINUES
    and any(block.language == "console" for block in walk(page))
]


@pytest.mark.parametrize(
    "page",
    sampled(WALKS, lambda page: page.name not in LONG),
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_a_page_shows_what_its_commands_print(page: Path, user: User, tmp_path: Path) -> None:
    session = Session.of(user, tmp_path)
    for block in walk(page):
        session.follow(block)
