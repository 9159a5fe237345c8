"""Data flow: what the job of a pipeline does, from uploaded objects to Parquet in the catalog."""
