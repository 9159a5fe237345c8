"""Telemetry: metrics, log context and traces for the administrators of the operator."""
