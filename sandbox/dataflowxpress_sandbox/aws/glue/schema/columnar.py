"""Columnar classifiers: Parquet and ORC, which have their schema at the end of the file.

They import pyarrow for a file of theirs, because an emulator starts in two thirds of the time
without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .schema import Schema

if TYPE_CHECKING:
    from .sample import Sample


class ParquetClassifier:
    """Glue's built-in classifier for Parquet."""

    @staticmethod
    def classify(sample: Sample) -> Schema | None:
        """Return the schema in the footer, or None if the object is not Parquet."""
        if not sample.data.startswith(b"PAR1"):
            return None
        from pyarrow import parquet

        return _read("parquet", sample, parquet.read_schema)


class OrcClassifier:
    """Glue's built-in classifier for ORC."""

    @staticmethod
    def classify(sample: Sample) -> Schema | None:
        """Return the schema in the footer, or None if the object is not ORC."""
        if not sample.data.startswith(b"ORC"):
            return None
        from pyarrow import orc

        return _read("orc", sample, lambda file: orc.ORCFile(file).schema)


def _read(classification: str, sample: Sample, read: Any) -> Schema | None:
    import pyarrow as pa

    from .arrow_types import hive_type

    try:
        sample.stream.seek(0)
        schema = read(pa.PythonFile(sample.stream, "r"))
    except (pa.ArrowException, OSError):
        return None
    return Schema(classification, {each.name.lower(): hive_type(each.type) for each in schema})
