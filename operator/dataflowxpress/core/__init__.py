"""Core: describe, compare, plan and report; no I/O, neither boto3 nor kopf."""
