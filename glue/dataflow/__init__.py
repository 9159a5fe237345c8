"""Data flow: the job of a pipeline, from uploaded objects to Parquet tables in the catalog."""
