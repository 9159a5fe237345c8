"""Errors: the exceptions of the sandbox that users see."""


class SandboxError(Exception):
    """A requirement of the sandbox is missing, failed or did not become ready in time."""
