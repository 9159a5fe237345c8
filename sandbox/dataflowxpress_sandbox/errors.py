"""Errors: why a sandbox could not be brought up, in words for whoever asked for it."""


class SandboxError(Exception):
    """Something the sandbox needs is missing, failed or did not become ready in time."""
