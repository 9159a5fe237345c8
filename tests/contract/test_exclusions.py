"""What a pipeline's crawler skips: the objects that its job does not read."""

from __future__ import annotations

import pytest

from dataflowxpress.blueprint.crawl_configuration import exclusions
from dataflowxpress_sandbox.aws.glue.schema.exclusions import is_excluded


def excluded(key: str, suffix: str) -> bool:
    return any(is_excluded(key, pattern) for pattern in exclusions(suffix))


@pytest.mark.parametrize(
    "suffix", ["", ".csv", "-v2.csv", "*.{csv}", ".größe", "[1].csv", "/a.csv"]
)
def test_a_crawl_reads_each_object_with_the_suffix(suffix: str) -> None:
    assert not any(excluded(f"{key}{suffix}", suffix) for key in ("a", "x/a", "", "x/", suffix))


@pytest.mark.parametrize("suffix", [".csv", "-v2.csv", "*.{csv}", ".größe"])
def test_a_crawl_skips_objects_without_the_suffix(suffix: str) -> None:
    keys = ("a.png", "x/a.csv.gz", "_SUCCESS", "a.tsv", f"x/a{suffix}X", f"a{suffix}/b", "acsv")
    assert all(excluded(key, suffix) for key in keys)
