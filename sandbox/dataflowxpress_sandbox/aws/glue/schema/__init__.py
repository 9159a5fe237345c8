"""Schemas: what an object's first megabytes say about its format, its columns and their types.

Glue samples as well. Here a sample is the first 4 MB of an object, and of Parquet its footer, so a
type that only shows later in a large file is missed, as on AWS.
"""
