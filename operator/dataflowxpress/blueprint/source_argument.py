"""Source argument: how to read the files, as the job gets it. Pure.

The job parses it with the class `SourceOptions` of the packaged script.
"""

from __future__ import annotations

import json
from typing import Any

from dataflowxpress.api.spec import DataPipelineSpec

FIELDS = {"format", "encoding", "compression", "csv", "json_format", "xml", "fixed_width"}


def source_argument(spec: DataPipelineSpec) -> str:
    """Return the options that differ from their defaults, as JSON with the names of the spec."""
    source = spec.source
    options: dict[str, Any] = source.model_dump(
        include=FIELDS, exclude_defaults=True, by_alias=True, mode="json"
    )
    if "delimiter" in options.get("csv", {}):
        options["csv"]["delimiter"] = source.csv.separator
    if source.columns:
        options["columns"] = [
            column.model_dump(
                exclude={"description"}, exclude_defaults=True, by_alias=True, mode="json"
            )
            for column in source.columns
        ]
    options |= spec.catalog.table_schema.model_dump(
        exclude_defaults=True, by_alias=True, mode="json"
    )
    return json.dumps(options, ensure_ascii=False, separators=(",", ":"))
