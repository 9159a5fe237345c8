"""Report: the figures of a fleet as a page, and its bounds with their results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.bench.control.report import Bound, machine

from .measurement import Measurement, Phase

MARK = {True: "met", False: "**missed**", None: "not measured"}
FLAT = 5  # MB of growth between the third and the fourth quarter of the rest


def bounds(found: Measurement) -> list[Bound]:
    """Return all bounds."""
    created, rest = found.phases["creation"], found.phases["rest"]
    calls, cpu = created.calls / found.resources, 1000 * created.cpu / found.resources
    peak = max(sample.megabytes for sample in found.samples)
    growth = growth_at_rest(found)
    return [
        Bound("creation: at most 3 calls for a resource", f"{calls:.2f}", calls <= 3),
        Bound("creation: at most 6 ms of CPU for a resource", f"{cpu:.1f} ms", cpu <= 6),
        Bound("memory: at most 300 MB", f"{peak} MB", peak <= 300),
        Bound("memory in the second half of the rest: flat", f"{growth:+.1f} MB", growth <= FLAT),
        Bound(
            "rest: no write but the time of a comparison",
            f"{rest.changed} pipelines",
            rest.changed == 0,
        ),
        Bound(
            "a change during a resync of all: at most 5 s",
            f"{found.change:.1f} s",
            found.change <= 5,
        ),
    ]


def growth_at_rest(found: Measurement) -> float:
    """Return the growth in MB between the means of the third and the fourth quarter of the rest.

    The first comparisons of each pipeline fill what the operator keeps of it.
    """
    end = found.rest_ended
    start = end - found.phases["rest"].seconds / 2
    during = [each.megabytes for each in found.samples if start <= each.seconds <= end]
    half = len(during) // 2
    return sum(during[half:]) / len(during[half:]) - sum(during[:half]) / len(during[:half])


def markdown(found: Measurement) -> str:
    """Return the figures as a page."""
    return "\n".join([*_head(found), *_table(found), "", *_rest(found), "", *_bounds(found)])


def as_json(found: Measurement) -> dict[str, Any]:
    """Return all figures but the samples, which the plot shows."""
    return {
        "machine": machine(),
        "pipelines": found.pipelines,
        "resources": found.resources,
        "phases": [vars(each) for each in found.phases.values()],
        "bounds": [bound._asdict() for bound in bounds(found)],
    }


def _head(found: Measurement) -> Iterator[str]:
    yield f"# Fleet: {found.pipelines} pipelines, {found.resources} AWS resources\n"
    yield "`make bench-fleet` writes this page.\n"
    yield from (f"- {name}: {value}" for name, value in machine().items() if name != "Terraform")
    yield f"- resync interval: {found.resync}; an operator without pipelines: {found.idle} MB\n"


def _table(found: Measurement) -> Iterator[str]:
    yield (
        "| phase | seconds | operator CPU | emulator CPU | AWS calls | calls a second, peak"
        " | comparisons | polls |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for phase in found.phases.values():
        share = phase.emulator_cpu / phase.seconds
        yield (
            f"| {phase.name} | {phase.seconds:.0f} | {phase.cpu:.1f} s"
            f" | {phase.emulator_cpu:.0f} s ({share:.0%} of the time) | {phase.calls}"
            f" | {phase.peak_calls:.0f} | {_tasks(phase, 'reconcile')} | {_tasks(phase, 'poll')} |"
        )


def _rest(found: Measurement) -> Iterator[str]:
    rest = found.phases["rest"]
    passes = _tasks(rest, "reconcile") + _tasks(rest, "poll")
    if passes:
        requests = {verb: f"{n / passes:.2f}" for verb, n in rest.requests.items()}
        yield (
            f"At rest, a comparison or poll takes {1000 * rest.cpu / passes:.0f} ms of CPU and"
            f" {rest.calls / passes:.1f} calls of AWS. Its requests to the API server are"
            f" {', '.join(f'{n} {verb}' for verb, n in requests.items())}."
        )


def _bounds(found: Measurement) -> Iterator[str]:
    yield "| bound | measured | |"
    yield "|---|---|---|"
    yield from (f"| {b.text} | {b.found} | {MARK[b.met]} |" for b in bounds(found))


def _tasks(phase: Phase, task: str) -> int:
    return sum(count for name, count in phase.work.items() if name.startswith(task))
