"""Logs: the lines that people read are not lost among those of the platform."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from dataflowxpress.cli.app import app
from dataflowxpress.cli.log_lines import relevant, seconds
from dataflowxpress.cli.log_sources import Part, Source, Window, lines

SOURCE = Source(Part.functions, "start-crawler", "/dataflowxpress/start-crawler")
REPORT = "REPORT RequestId: 7f3a\tDuration: 3.1 ms\tMemory Size: 128 MB"
SPARK = "26/01/01 12:00:0{} WARN MetricsConfig: Cannot locate configuration: tried {} files"
LINES = [
    "INIT_START Runtime Version: python:3.12",
    "START RequestId: 7f3a Version: $LATEST",
    "crawl of csv_data/a.csv requested",
    "END RequestId: 7f3a",
    REPORT,
    SPARK.format(1, 2),
    SPARK.format(2, 3),
    "26/01/01 12:00:02 WARN TaskSetManager: Lost task 0.0: OutOfMemoryError",
    "26/01/01 12:00:03 ERROR Utils: aborted",
    "26/01/01 12:00:04 ERROR Utils: aborted",
    f"{REPORT}\tStatus: timeout",
]
SHOWN = [LINES[2], LINES[5], *LINES[7:]]


class Logs:
    """CloudWatch Logs with one stream; event n is n seconds old at second 100."""

    def __init__(self, *messages: str) -> None:
        self.messages, self.asked = messages, dict[str, Any]()

    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        return {"logStreams": [{"logStreamName": "one"}]}

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        events = [
            {"timestamp": second * 1000, "message": f"{message}\n"}
            for second, message in enumerate(self.messages)
            if second * 1000 >= asked["startTime"]
        ]
        return {"events": events[-asked["limit"] :]}


def test_lines_of_the_platform_and_repeated_warnings_are_hidden_and_errors_are_not() -> None:
    shown = [line for line, keep in zip(LINES, relevant(LINES), strict=True) if keep]
    assert shown == SHOWN


def test_the_number_of_hidden_lines_is_shown_with_the_option_that_shows_them() -> None:
    found = [*lines(Logs(*LINES), SOURCE, Window())]
    assert [line[9:] for line in found[:-1]] == SHOWN
    assert found[-1] == "(5 repeated or platform lines hidden; --raw shows them)"


def test_raw_shows_all() -> None:
    found = [*lines(Logs(*LINES), SOURCE, Window(raw=True))]
    assert [line[9:] for line in found] == LINES


def test_the_newest_lines_are_chosen_after_hidden_ones_are_left_out() -> None:
    calls = [line for n in range(5) for line in (f"call {n}", "END RequestId: a", REPORT)]
    found = [*lines(Logs(*calls), SOURCE, Window(tail=2))]
    assert [line[9:] for line in found[:2]] == ["call 3", "call 4"]


def test_only_lines_since_a_time_are_read() -> None:
    client = Logs(*(f"line {n}" for n in range(5)))
    found = [*lines(client, SOURCE, Window(start=3000))]
    assert [line[9:] for line in found] == ["line 3", "line 4"]
    assert [*lines(client, SOURCE, Window(start=9000))] == ["no lines"]


def test_a_run_that_has_ended_without_lines_is_not_said_to_write_some_later() -> None:
    assert [*lines(Logs(), SOURCE, Window())] == ["no lines"]


@pytest.mark.parametrize(
    ("text", "expected"), [("90s", 90), ("10m", 600), ("1h", 3600), ("1h30m", 5400)]
)
def test_a_duration_is_read(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["1d", "ten minutes", "5", "m"])
def test_a_duration_that_is_none_is_refused_with_an_example(text: str) -> None:
    done = CliRunner().invoke(app, ["logs", "orders", "--since", text], env={"COLUMNS": "200"})
    assert done.exit_code == 1
    assert "use for example 90s, 10m or 1h30m" in done.stderr
