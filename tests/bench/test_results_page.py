"""The pages about performance: they show what the benchmarks wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import results_page as page


@pytest.mark.parametrize("each", page.BLOCKS, ids=lambda each: each.name)
def test_the_page_shows_the_results_that_the_benchmarks_wrote(each: Path) -> None:
    assert page.updated(each) == each.read_text(), "run: python -m tests.bench.results_page"


def test_the_plot_is_that_of_the_benchmark() -> None:
    assert page.plot() == page.PLOT.read_text(), "run: python -m tests.bench.results_page"


def test_a_page_without_places_for_the_results_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "page.md"
    empty.write_text("")
    monkeypatch.setitem(page.BLOCKS, empty, ["data"])
    with pytest.raises(ValueError, match=r"has the blocks \[\] instead of \['data'\]"):
        page.updated(empty)
