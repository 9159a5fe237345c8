"""The report of a session: each recorded call is checked once, in whichever process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.models import report
from tests.models.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TARGET = "AWSGlue.StartCrawler"
HALF = b'{"method": "PO'  # a killed server wrote no more


def record(name: str) -> bytes:
    """Return the record of a call that starts a crawler."""
    scope = "Credential=AKIA/20260101/eu-west-1/glue/aws4_request"
    exchange = {
        "method": "POST",
        "path": "/",
        "query": "",
        "headers": {
            "host": "127.0.0.1",
            "authorization": f"AWS4-HMAC-SHA256 {scope}",
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": TARGET,
        },
        "body": json.dumps({"Name": name}),
        "status": 200,
        "response_headers": {},
        "response": "{}",
    }
    return json.dumps(exchange).encode() + b"\n"


def test_several_processes_find_what_one_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for server in ("one", "other"):
        calls = [record(f"{server}-{number}") for number in range(5)]
        content = b"".join([*calls, b"\n", record(""), HALF])  # the empty line repeats a call
        (tmp_path / f"{server}.jsonl").write_bytes(content)
    monkeypatch.setattr(report, "_PART", 700)  # between one record and two

    found = Report()
    found.check(tmp_path)

    assert (found.exchanges, found.checked) == (14, {"request": 12, "response": 12})
    assert found.operations == {"glue:StartCrawler"}
    [(finding, times)] = found.findings.items()
    assert str(finding) == "request of glue:StartCrawler: Name has 0, less than 1"
    assert times == 2
