"""Command line: a file for each group of commands, and nothing that the operator needs."""
