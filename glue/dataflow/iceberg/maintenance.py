"""Maintenance: compacts small files of Iceberg tables, and expires their old snapshots.

It runs between a publication and the next stage. It keeps the snapshots of branches, so that a
commit that is not published yet stays possible.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataflow.iceberg.table import IcebergTable
    from dataflow.options import Options

FILE_BYTES = 128 * 1024 * 1024  # of a compacted file, about
SMALL_FILES = 5  # together in a partition; fewer are not worth a compaction


def is_due(options: Options, before: int, after: int) -> bool:
    """Return whether the manifests after number *before*, up to *after*, make maintenance due."""
    runs = int(options.maintenance_runs)
    return before // runs != after // runs


def maintain(options: Options, table: IcebergTable) -> None:
    """Compact small files, then delete the snapshots and files that no reader can use."""
    sizes = f"'target-file-size-bytes', '{FILE_BYTES}', 'min-input-files', '{SMALL_FILES}'"
    table.call("rewrite_data_files", options=f"map({sizes})")
    oldest = datetime.now(UTC) - timedelta(hours=int(options.snapshot_retention_hours))
    table.call(
        "expire_snapshots",
        older_than=f"TIMESTAMP '{oldest:%Y-%m-%d %H:%M:%S.%f}'",
        retain_last="1",
    )
