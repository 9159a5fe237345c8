"""Page: puts the results of the benchmarks into docs/performance.md.

`python -m tests.bench.results_page`
"""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
PLOT = PAGE.with_name("fleet-memory.svg")
BLOCK = re.compile(r"(<!-- (control|fleet|shards) -->\n\n).*?(<!-- end -->)", re.DOTALL)
BLOCKS = 3


def updated(page: str) -> str:
    """Return the page with the current results between the marks of each benchmark."""

    def block(found: re.Match[str]) -> str:
        start, name, end = found.groups()
        return f"{start}{_body((RESULTS / f'{name}.md').read_text())}{end}"

    updated, found = BLOCK.subn(block, page)
    if found != BLOCKS:
        raise ValueError(f"{PAGE} has {found} marked blocks instead of {BLOCKS}")
    return updated


def _body(results: str) -> str:
    """Return results without their title, the hint how to repeat them, and the details."""
    _, _, rest = results.split("\n\n", 2)
    return f"{rest.partition('## ')[0].strip()}\n\n"


def plot() -> str:
    """Return the plot of the fleet's memory."""
    return (RESULTS / PLOT.name).read_text()


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text()))
    PLOT.write_text(plot())
