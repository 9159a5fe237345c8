"""The chart's README lists each value with its default and description."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.chart.rendering import CHART

ROW = re.compile(r"^\| ([\w.]+) \| \w+ \| `(.*?)` \| (.*?) ?\|$", re.MULTILINE)
TEXT = (CHART / "values.yaml").read_text()
VALUES = yaml.safe_load(TEXT)
ROWS = {
    path: (default, text) for path, default, text in ROW.findall((CHART / "README.md").read_text())
}


def leaves(value: Any, *path: str) -> Iterator[str]:
    if isinstance(value, dict) and value and ".".join(path) not in ROWS:
        for name, inner in value.items():
            yield from leaves(inner, *path, name)
    else:
        yield ".".join(path)


def default(path: str) -> Any:
    value = VALUES
    for name in path.split("."):
        value = value[name]
    return value


def test_each_value_has_a_row_and_each_row_a_value() -> None:
    assert set(leaves(VALUES)) == set(ROWS), "run: make chart"


def test_each_row_has_the_default_of_its_value() -> None:
    shown = {path: None if text == "nil" else json.loads(text) for path, (text, _) in ROWS.items()}
    assert shown == {path: default(path) for path in ROWS}, "run: make chart"


def test_each_description_is_a_comment_of_the_values() -> None:
    comments = " ".join(re.sub(r"^\s*# ?(-- )?", "", line) for line in TEXT.splitlines())
    stale = [path for path, (_, text) in ROWS.items() if text not in comments]
    assert stale == [], "run: make chart"
