"""The report of a session: each recorded call is checked once, in whichever process."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from tests.models.report import Report

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


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    for server in ("one", "other"):
        calls = [record(f"{server}-{number}") for number in range(5)]
        content = b"".join([*calls, b"\n", record(""), HALF])  # the empty line repeats a call
        (tmp_path / f"{server}.jsonl").write_bytes(content)

    found = Report()
    found.check(tmp_path)

    assert (found.exchanges, found.checked) == (14, {"request": 12, "response": 2})
    assert found.operations == {"glue:StartCrawler"}
    [(finding, times)] = found.findings.items()
    assert str(finding) == "request of glue:StartCrawler: Name has 0, less than 1"
    assert times == 2


def test_calls_that_differ_in_identifiers_are_checked_once_and_others_each(tmp_path: Path) -> None:
    names = [
        f"a-{uuid.uuid4()}",
        f"a-{uuid.uuid4()}",
        f"a-{'f' * 9}",
        f"a-{'f' * 10}",
        "a-2",
        "a-3",
    ]
    (tmp_path / "one.jsonl").write_bytes(b"".join(map(record, names)))
    found = Report()
    found.check(tmp_path)
    assert (found.exchanges, found.checked["request"]) == (6, 5)


def test_responses_of_s3_that_differ_in_a_header_are_both_checked(tmp_path: Path) -> None:
    scope = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/s3/aws4_request"
    head = {
        "method": "HEAD",
        "query": "",
        "headers": {"host": "127.0.0.1", "authorization": scope},
        "body": "",
        "status": 200,
        "response": "",
    }
    kept = {"ABC": "GLACIER", "DEF": "UNDERGROUND"}
    records = [
        {**head, "path": f"/bucket/{key}", "response_headers": {"x-amz-storage-class": value}}
        for key, value in kept.items()
    ]
    lines = b"".join(json.dumps(each).encode() + b"\n" for each in records)
    (tmp_path / "one.jsonl").write_bytes(lines)
    found = Report()
    found.check(tmp_path)
    [finding] = found.findings
    assert str(finding).startswith("response of s3:HeadObject: StorageClass is 'UNDERGROUND'")
