"""Schemas: infer the format, columns and types of an object from a sample, as Glue's crawlers do.

Where the documentation is silent, the code takes the worse case for a pipeline, and says so.
"""
