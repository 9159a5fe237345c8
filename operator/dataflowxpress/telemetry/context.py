"""Logs: every line says which pipeline and which reconciliation it is about."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_subject: contextvars.ContextVar[Mapping[str, object]] = contextvars.ContextVar("subject")


@contextlib.contextmanager
def about(**fields: object) -> Iterator[None]:
    """Add *fields* to all that is logged within, in this thread and in those of a Pool."""
    token = _subject.set({**_subject.get({}), **fields})
    try:
        yield
    finally:
        _subject.reset(token)


class Subject(logging.Filter):
    """Lets every record pass, with what it is about."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields, which JSON lines then show."""
        vars(record).update(_subject.get({}))
        return True


def install() -> None:
    """Have all that the root logger's handlers write say what it is about, and botocore be quiet.

    It would write down each request with its signature.
    """
    logging.getLogger("botocore").setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Subject())


class Pool(ThreadPoolExecutor):
    """Threads that work for, and log and trace as, whoever gave them the work."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run *fn* in a copy of the caller's context."""
        work = functools.partial(fn, *args, **kwargs)
        return super().submit(contextvars.copy_context().run, work)
