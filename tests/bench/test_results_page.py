"""The page about performance: it shows what the benchmarks wrote."""

from __future__ import annotations

import pytest

from tests.bench import results_page as page


def test_the_page_shows_the_results_that_the_benchmarks_wrote() -> None:
    text = page.PAGE.read_text()
    assert page.updated(text) == text, "run: python -m tests.bench.results_page"
    assert page.plot() == page.PLOT.read_text(), "run: python -m tests.bench.results_page"


def test_a_page_without_places_for_the_results_is_an_error() -> None:
    with pytest.raises(ValueError, match="0 marked blocks"):
        page.updated("")
