"""Status page: all that `status` prints about one pipeline, in the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.text import Text

from dataflowxpress.reporting.flow import flow

from . import flow_view, runs_view
from . import status_view as view

if TYPE_CHECKING:
    from dataflowxpress.api.pipeline import Pipeline
    from dataflowxpress.api.spec import DataPipelineSpec
    from dataflowxpress.api.status import Status

NEWEST = 3  # runs that `status` shows; `runs` shows all


class Page(NamedTuple):
    """The page of one pipeline; *options* are the pipeline as options of a command."""

    options: str
    width: int
    everything: bool = False
    in_cluster: bool = True

    def lines(self, pipeline: Pipeline, status: Status) -> Iterator[Text]:
        """Yield the lines: problems, the flow, data, the last comparison, and the newest runs."""
        spec = _spec(pipeline)
        yield Text(pipeline.owner, style="bold")
        yield from view.conditions(status)
        yield from view.problems(status)
        yield Text()
        known = {each.message for each in status.conditions}
        nodes = flow(status, _fields(pipeline, spec))
        yield from flow_view.tree("Flow", nodes, self.width, known)
        yield Text()
        if self.everything:
            yield from view.resources(status)
        yield view.summary(status).append("" if self.everything else "; --all lists them")
        yield view.data(status)
        yield from view.tables(status, everything=self.everything)
        yield view.compared(status, view.now())
        yield from self._comparison(pipeline, spec)
        yield from self._runs(status)

    def _comparison(self, pipeline: Pipeline, spec: DataPipelineSpec | None) -> Iterator[Text]:
        """Yield how often AWS is compared with the spec, and the command that compares now."""
        if not self.in_cluster:
            again = f"dataflowxpress plan {self.options}"
            yield from _with_command("No operator compares a manifest. Compare now:", again)
        elif pipeline.paused:
            again = f"dataflowxpress resume {self.options}"
            yield from _with_command("No comparison while paused. Go on:", again)
        elif spec:
            interval, again = spec.resync_interval, f"dataflowxpress apply {self.options}"
            yield from _with_command(
                f"The operator looks for drift every {interval}. Compare now:", again
            )

    def _runs(self, status: Status) -> Iterator[Text]:
        if len(status.runs) > NEWEST:
            more = f"dataflowxpress runs {self.options}"
            yield from _with_command(f"The newest {NEWEST} runs; for all:", more)
        if status.runs:
            yield from runs_view.runs(status.runs[:NEWEST], self.options, self.width)


def _with_command(text: str, command: str) -> Iterator[Text]:
    """Yield a command in a line of its own, so that no terminal breaks it before its width."""
    yield Text(text)
    yield Text(f"  {command}")


def _fields(pipeline: Pipeline, spec: DataPipelineSpec | None) -> Mapping[str, Any]:
    """Return the fields of the spec with defaults; an invalid one as it is."""
    if spec is None:
        return pipeline.body.get("spec") or {}
    return spec.model_dump(by_alias=True, mode="json")


def _spec(pipeline: Pipeline) -> DataPipelineSpec | None:
    """Return the spec; None if it is invalid, which the condition Ready describes."""
    from dataflowxpress.api.errors import InvalidSpec

    try:
        return pipeline.spec
    except InvalidSpec:
        return None
