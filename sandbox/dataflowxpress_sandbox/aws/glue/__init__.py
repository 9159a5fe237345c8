"""Glue of the sandbox: real crawls and real Spark over ministack's catalog.

This package implements the operations that `api` lists. ministack implements all others, such as
tables, partitions and triggers. Both use ministack's records, so its tagging and reset work.
"""
