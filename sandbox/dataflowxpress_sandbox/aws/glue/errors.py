"""Errors: the error responses of Glue."""

from __future__ import annotations


class GlueError(Exception):
    """An error response with a code of Glue and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> GlueError:
    """Return an `InvalidInputException`."""
    return GlueError("InvalidInputException", message)


def not_found(kind: str, name: str | None) -> GlueError:
    """Return an `EntityNotFoundException`."""
    return GlueError("EntityNotFoundException", f"{kind} with name {name} could not be found")
