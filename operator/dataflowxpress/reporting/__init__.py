"""Reporting: outcomes in, conditions, drift and Events out. Pure."""
