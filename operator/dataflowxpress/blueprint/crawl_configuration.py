"""Crawl configuration: how a crawler updates tables, and groups objects into them. Pure."""

from __future__ import annotations

from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec

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
