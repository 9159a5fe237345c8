"""Report: the recorded calls of a session, compared with AWS' models on all processors."""

from __future__ import annotations

import json
import multiprocessing
import re
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

_ACTION = re.compile(r"Action=\w+")
_OF_S3 = "/s3/aws4_request"
_NAMES = re.compile(r"(?:^|&)([^=&]+)")
# Headers of S3 with a value of their own in nearly each response.
_VARYING = {"content-length", "date", "last-modified", "x-amz-id-2"}
# UUIDs, hashes, keys, times and ports. The models restrict nothing of them but their length.
# The first line excludes most positions in a third of the time.
_RANDOM = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9a-fA-Z])(?:"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,}|[A-Z0-9]{16,}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+|127\.0\.0\.1:\d+|\d{9,}(?:\.\d+)?)"
)


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
        files = sorted(directory.glob("*.jsonl"), key=lambda file: -file.stat().st_size)
        if len(files) == 1:  # less work than the start of a process
            self.check_file(files[0])
            return
        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
            for checked in pool.map(_checked, files):
                self.add(checked)

    def check_file(self, file: Path) -> None:
        """Check the records of a server; of those that are alike, the first."""
        start, seen = time.process_time(), set[int]()
        for record in _records(file):
            self.exchanges += 1
            if record.strip():
                self._check(json.loads(record), seen)
        self.seconds += time.process_time() - start

    def add(self, other: Report) -> None:
        """Add what another process has checked and found."""
        self.exchanges += other.exchanges
        self.checked += other.checked
        self.operations |= other.operations
        self.findings += other.findings
        self.listed += other.listed
        self.seconds += other.seconds

    def _check(self, exchange: dict[str, Any], seen: set[int]) -> None:
        """Check the sides of an exchange that are like none in *seen*."""
        request, response = _likeness(exchange)
        is_new_request, is_new_response = request not in seen, response not in seen
        if not (is_new_request or is_new_response):
            return
        seen |= {request, response}
        try:
            call = call_of(exchange)
        except LookupError as error:
            self.findings[Finding(str(error), "request", "", "is unknown to the models")] += 1
            return
        self.operations.add(call.name)
        if is_new_request and exchange["body"] is not None:
            self._add(call, "request", _request_violations(call))
        if is_new_response and exchange["status"] and exchange["response"] is not None:
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
            f" {self.checked['request']} requests and {self.checked['response']} responses that are"
            f" not alike checked against the models of botocore {botocore.__version__}"
            f" in {self.seconds:.1f} s; {len(self.listed)} of {len(DEVIATIONS)} listed deviations"
        )
        for finding, times in sorted(self.findings.items()):
            yield f"{finding} ({times} times)"


def _records(file: Path) -> Iterator[bytes]:
    """Yield the records without the last one of a killed server, which has no end."""
    with file.open("rb") as lines:
        yield from (line for line in lines if line.endswith(b"\n"))


def _checked(file: Path) -> Report:
    report = Report()
    report.check_file(file)
    return report


def _likeness(exchange: dict[str, Any]) -> tuple[int, int]:
    """Return numbers that are the same for requests, and for responses, that are alike.

    Alike are those of one operation which differ only in what is random. A header, the beginning of
    the body or the path tells the operation; with S3, whether there is a key, and the names in the
    query.
    """
    method, path, query, body, response = (
        _without_random(exchange[name]) for name in ("method", "path", "query", "body", "response")
    )
    target = exchange["headers"].get("x-amz-target")
    action = _ACTION.match(body or "")
    operation: tuple[Any, ...] = (method, path, query, target, action and action[0])
    if _OF_S3 in exchange["headers"].get("authorization", ""):  # its headers have members
        headers = _without_varying(exchange["response_headers"])
        names = _NAMES.findall(exchange["query"])
        operation = (method, _has_key(exchange["path"]), *names, *headers)
    return (
        hash(("request", method, path, query, target, body)),
        hash(("response", operation, exchange["status"], response)),
    )


def _without_varying(headers: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for name, value in headers.items():
        yield name, name in _VARYING or _without_random(value)


def _has_key(path: str) -> bool:
    """Return whether a path of S3 names an object, not only its bucket."""
    return len(path.strip("/").split("/")) > 1


def _without_random(text: str | None) -> str | None:
    return text and _RANDOM.sub(lambda found: "0" * len(found[0]), text)


def _or_unreadable(found: Iterable[Violation]) -> Iterator[Violation]:
    try:
        yield from found
    except (ParserError, ParseError, ValueError) as error:
        yield "", f"is unreadable: {error}"


def _request_violations(call: Call) -> Iterator[Violation]:
    shape = call.operation.input_shape
    if shape is not None:
        yield from violations(call.parameters, shape)
