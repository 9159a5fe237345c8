"""Telemetry: what the operator tells those who run it, by metrics, log lines and traces."""
