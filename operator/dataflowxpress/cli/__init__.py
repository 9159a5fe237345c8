"""Command line: one module for each group of commands; no other package imports it."""
