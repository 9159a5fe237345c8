"""Schemas: infer the format, columns and types of an object from a sample.

The sample is the first 4 MB of an object, or the footer of a Parquet file. A type that occurs only
later in a large object is therefore not detected. Glue also samples objects.
"""
