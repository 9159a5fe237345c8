"""Standalone: a pipeline without a cluster. Its spec is in a file, its status in its bucket."""
