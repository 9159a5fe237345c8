"""Reporting: turns outcomes and problems into conditions, drift and Events. Pure."""
