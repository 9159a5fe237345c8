"""Report: the recorded calls of a session, compared with AWS' models on all processors."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import botocore
from botocore.parsers import ResponseParserError as ParserError

from dataflowxpress_sandbox.aws.operations import Call, call_of

from .deviations import DEVIATIONS, Deviation
from .responses import response_violations
from .shapes import Violation, violations

_PART = 4_000_000  # bytes that one process checks at a time


class Part(NamedTuple):
    """The records of a file that begin at one of these bytes."""

    path: Path
    first: int
    end: int

    def records(self) -> Iterator[bytes]:
        """Yield them without the last one of a killed server, which has no end."""
        with self.path.open("rb") as file:
            file.seek(max(self.first - 1, 0))
            if self.first:
                file.readline()  # began before this part
            while file.tell() < self.end and (record := file.readline()).endswith(b"\n"):
                yield record


class Finding(NamedTuple):
    """A difference between a call and its model."""

    operation: str
    side: str  # request or response
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.side} of {self.operation}: {self.where or 'it'} {self.what}"


class Report:
    """What was checked, and what was found."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.checked: Counter[str] = Counter()  # by side
        self.operations: set[str] = set()
        self.findings: Counter[Finding] = Counter()
        self.listed: Counter[Deviation] = Counter()
        self.seconds = 0.0

    def check(self, directory: Path) -> None:
        """Check all records in a directory."""
        parts = [*_parts(directory)]
        if len(parts) == 1:  # less work than the start of a process
            self.check_part(parts[0])
            return
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            for checked in pool.map(_checked, parts):
                self.add(checked)

    def check_part(self, part: Part) -> None:
        """Check the records of a part."""
        start = time.process_time()
        for record in part.records():
            self.exchanges += 1
            if record.strip():
                self._check(json.loads(record))
        self.seconds += time.process_time() - start

    def add(self, other: Report) -> None:
        """Add what another process has checked and found."""
        self.exchanges += other.exchanges
        self.checked += other.checked
        self.operations |= other.operations
        self.findings += other.findings
        self.listed += other.listed
        self.seconds += other.seconds

    def _check(self, exchange: dict[str, Any]) -> None:
        try:
            call = call_of(exchange)
        except LookupError as error:
            self.findings[Finding(str(error), "request", "", "is unknown to the models")] += 1
            return
        self.operations.add(call.name)
        if exchange["body"] is not None:
            self._add(call, "request", _request_violations(call))
        if exchange["status"] and exchange["response"] is not None:
            self._add(call, "response", response_violations(call, exchange))

    def _add(self, call: Call, side: str, found: Iterable[Violation]) -> None:
        self.checked[side] += 1
        for where, what in _or_unreadable(found):
            known = (each for each in DEVIATIONS if each.covers(call.name, where, what))
            if deviation := next(known, None):
                self.listed[deviation] += 1
            else:
                self.findings[Finding(call.name, side, where, what)] += 1

    def lines(self) -> Iterator[str]:
        """Yield the counts and the findings."""
        yield (
            f"{self.exchanges} calls of {len(self.operations)} operations;"
            f" {self.checked['request']} distinct requests and {self.checked['response']} responses"
            f" checked against the models of botocore {botocore.__version__}"
            f" in {self.seconds:.1f} s; {len(self.listed)} of {len(DEVIATIONS)} listed deviations"
        )
        for finding, times in sorted(self.findings.items()):
            yield f"{finding} ({times} times)"


def _parts(directory: Path) -> Iterator[Part]:
    for path in sorted(directory.glob("*.jsonl")):
        size = path.stat().st_size
        yield from (Part(path, first, min(first + _PART, size)) for first in range(0, size, _PART))


def _checked(part: Part) -> Report:
    report = Report()
    report.check_part(part)
    return report


def _or_unreadable(found: Iterable[Violation]) -> Iterator[Violation]:
    try:
        yield from found
    except (ParserError, ParseError, ValueError) as error:
        yield "", f"is unreadable: {error}"


def _request_violations(call: Call) -> Iterator[Violation]:
    shape = call.operation.input_shape
    if shape is not None:
        yield from violations(call.parameters, shape)
