"""Log context: adds the pipeline and the reconciliation to each log record."""

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
    """Add *fields* to all log records within, in this thread and in the threads of a Pool."""
    token = _subject.set({**_subject.get({}), **fields})
    try:
        yield
    finally:
        _subject.reset(token)


class Subject(logging.Filter):
    """Adds the context to each log record, and drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the fields, which the JSON format shows."""
        vars(record).update(_subject.get({}))
        return True


def install() -> None:
    """Add the context to the root logger's handlers, and restrict botocore to warnings.

    At lower levels botocore logs each request with its signature.
    """
    logging.getLogger("botocore").setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Subject())


class Pool(ThreadPoolExecutor):
    """A thread pool whose threads inherit the log and trace context of the caller."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run *fn* in a copy of the caller's context."""
        work = functools.partial(fn, *args, **kwargs)
        return super().submit(contextvars.copy_context().run, work)
