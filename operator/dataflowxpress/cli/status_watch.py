"""Status watch: shows pipelines again after each change, from one watch of the cluster."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console, Group
from rich.live import Live as Screen

from dataflowxpress.api.pipeline import Pipeline

from .failures import FAILED, Failure
from .live import Live, namespace_of
from .pipelines import as_documents, listed
from .status_page import Page
from .terminal import Output, columns, document, fitted, show, write

if TYPE_CHECKING:
    from rich.text import Text


def follow(
    name: str, namespace: str, context: str, output: Output, *, everything: bool = False
) -> int:
    """Show the pipeline, or all of the namespace, until Ctrl-C; return the exit code.

    Raises Failure once the pipeline does not exist.
    """
    gc.enable()  # main() disables it
    where = namespace or namespace_of(context)
    states = _States(Live(context).watched(where, name), where, name)
    try:
        if output is Output.text:
            _show(states, everything=everything)
        else:
            _write(states, output)
    except KeyboardInterrupt:
        pass
    return 0 if states.are_ready else FAILED


class _States:
    """The states of the pipelines, each different from the one before."""

    def __init__(self, bodies: Iterable[list[dict[str, Any]]], namespace: str, name: str) -> None:
        self._bodies, self.namespace, self.name = bodies, namespace, name
        self.pipelines: list[Pipeline] = []

    def __iter__(self) -> Iterator[Sequence[Pipeline]]:
        before = None
        for bodies in self._bodies:
            self.pipelines = [Pipeline(body) for body in bodies]
            if self.name and not bodies:
                raise Failure(
                    f"DataPipeline {self.name} does not exist in namespace {self.namespace}",
                    "correct the name, or give the namespace with -n",
                )
            if bodies != before:
                yield self.pipelines
            before = bodies

    @property
    def are_ready(self) -> bool:
        return all(each.status.holds("Ready") for each in self.pipelines)


def _show(states: _States, *, everything: bool) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        for pipelines in states:
            show(console, [*_lines(states, pipelines, console, everything=everything), ""])
        return
    with Screen(console=console, auto_refresh=False, vertical_overflow="crop") as screen:
        for pipelines in states:
            lines = _lines(states, pipelines, console, everything=everything)
            screen.update(Group(*fitted(console, lines)), refresh=True)


def _lines(
    states: _States, pipelines: Sequence[Pipeline], console: Console, *, everything: bool
) -> Iterator[Text]:
    if not states.name:
        yield from listed(pipelines, states.namespace, columns(console))
        return
    [pipeline] = pipelines
    page = Page(f"{states.name} -n {states.namespace}", columns(console), everything=everything)
    yield from page.lines(pipeline, pipeline.status)


def _write(states: _States, output: Output) -> None:
    """Write each state as a line of JSON, or as a YAML document."""
    for pipelines in states:
        value = pipelines[0].status.as_json() if states.name else as_documents(pipelines)
        write([f"{json.dumps(value)}\n" if output is Output.json else _yaml(value)])
        typer.get_text_stream("stdout").flush()


def _yaml(value: Any) -> str:
    return f"---\n{document(value, Output.yaml)}"
