"""Glue of the sandbox: real crawls and real Spark in place of ministack's, over its catalog.

Only the operations that `api` names are ours; tables, partitions, triggers and all else stay
ministack's. Everything acts on ministack's own records, so its tagging and reset keep working.
"""
