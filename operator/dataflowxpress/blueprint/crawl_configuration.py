"""Crawl configuration: what a crawler reads, how it groups objects, and updates tables. Pure."""

from __future__ import annotations

import re
from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec

_UNNEGATABLE = "[]!^\\/"  # no negation of these is documented
OUTPUT = {
    "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
    "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
}


def crawl_configuration(spec: DataPipelineSpec) -> dict[str, Any]:
    """Return the configuration in the form of Glue.

    Without a table level, the crawler makes separate tables of objects and folders beside each
    other. The bucket is level 1:
    https://docs.aws.amazon.com/glue/latest/dg/crawler-table-level.html
    """
    prefix = 1 + spec.source.prefix.count("/")
    level = prefix if spec.catalog.tables == "PerPrefix" else prefix + 1
    grouping = {
        "TableGroupingPolicy": "CombineCompatibleSchemas",
        "TableLevelConfiguration": level,
    }
    return {"Version": 1.0, "CrawlerOutput": OUTPUT, "Grouping": grouping}


def exclusions(suffix: str) -> tuple[str, ...]:
    """Return the patterns of the keys that do not end with *suffix*, which the job does not read.

    An object of another format beside them would split the table. Glue's patterns negate one
    character at a time: https://docs.aws.amazon.com/glue/latest/dg/define-crawler.html
    """
    if any(character in _UNNEGATABLE for character in suffix):
        return ()
    rests = (re.sub(r"([*?{}])", r"\\\1", suffix[1 + each :]) for each in range(len(suffix)))
    return tuple(f"**[!{character}]{rest}" for character, rest in zip(suffix, rests, strict=True))
