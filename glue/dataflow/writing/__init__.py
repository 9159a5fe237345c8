"""Writing: rows as Parquet files and rejected rows as JSON lines, in directories of one object."""
