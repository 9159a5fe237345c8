"""Page: puts the results of the benchmarks into docs/performance.md and tests/bench/README.md.

`python -m tests.bench.results_page`
"""

from __future__ import annotations

import re
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
JOB_PAGE = Path(__file__).with_name("README.md")
BLOCKS = {PAGE: ["data", "control", "fleet", "shards"], JOB_PAGE: ["data"]}
PLOT = PAGE.with_name("fleet-memory.svg")
BLOCK = re.compile(r"(<!-- (control|fleet|shards|data) -->\n\n).*?(<!-- end -->)", re.DOTALL)


def updated(page: Path) -> str:
    """Return a page with the current results between the marks of each benchmark.

    Raises ValueError if the page does not have the marks of its benchmarks.
    """
    text = page.read_text()

    def block(found: re.Match[str]) -> str:
        start, name, end = found.groups()
        return f"{start}{_body((RESULTS / f'{name}.md').read_text())}{end}"

    found = [name for _, name, _ in BLOCK.findall(text)]
    if found != BLOCKS[page]:
        raise ValueError(f"{page} has the blocks {found} instead of {BLOCKS[page]}")
    return BLOCK.sub(block, text)


def _body(results: str) -> str:
    """Return results without their title, the hint how to repeat them, and the details."""
    _, _, rest = results.split("\n\n", 2)
    return f"{rest.partition('## ')[0].strip()}\n\n"


def plot() -> str:
    """Return the plot of the fleet's memory."""
    return (RESULTS / PLOT.name).read_text()


if __name__ == "__main__":
    for each in BLOCKS:
        each.write_text(updated(each))
    PLOT.write_text(plot())
