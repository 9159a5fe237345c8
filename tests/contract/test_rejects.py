"""Rejects: users find each rejected row and refused object with its reason, and nothing else."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING

import pytest
import yaml
from typer.testing import CliRunner, Result

from dataflowxpress.cli.app import app
from tests.contract.pipeline_bucket import Bucket, Json, entry

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u009b31m\x7f\ttext\r\n=cmd()"


def call(bucket: Bucket, *options: str) -> Result:
    return bucket.call("rejects", *options)


def rows(bucket: Bucket, *options: str) -> list[Json]:
    answer = call(bucket, "-o", "json", *options)
    assert answer.exit_code == 0, answer.output
    found: list[Json] = json.loads(answer.stdout)
    return found


def row(record: int | None, reason: str, raw: str = "", column: str | None = None) -> Json:
    return {"record": record, "column": column, "reason": reason, "raw": raw}


def test_a_row_is_shown_with_its_record_column_reason_and_text(bucket: Bucket) -> None:
    short = row(2, "not a record of 5 columns", "5,Gaia, Porto")
    wrong = row(3, "'far' is not a valid double", "6,Porto,far", "distance")
    bucket.run(bucket.rejected("in/a.csv", short, wrong), entry("in/ok.csv"))
    assert call(bucket).stdout.splitlines() == [
        "in/a.csv (table t): 2 of 3 rows rejected",
        "  record 2: not a record of 5 columns",
        "    5,Gaia, Porto",
        "  record 3, column distance: 'far' is not a valid double",
        "    6,Porto,far",
        "2 rows rejected, 0 objects refused",
    ]
    about = {"table": "t", "object": "in/a.csv", "run": "jr_1"}
    assert rows(bucket) == [{**short, **about}, {**wrong, **about}]


def test_a_refused_object_is_shown_with_its_reason(bucket: Bucket) -> None:
    bucket.run(entry("in/page.html", reason="not CSV: an HTML page", table=None))
    assert call(bucket).stdout.splitlines() == [
        "in/page.html: refused",
        "  not CSV: an HTML page",
        "0 rows rejected, 1 object refused",
    ]
    [found] = rows(bucket)
    assert (found["record"], found["raw"], found["run"]) == (None, None, "jr_1")


def test_rows_of_a_corrected_object_are_no_longer_shown(bucket: Bucket) -> None:
    old = bucket.rejected("in/a.csv", row(1, "old"))
    bucket.run(old, entry("in/b.csv", reason="empty"))
    assert len(rows(bucket)) == 2
    bucket.run(entry("in/a.csv"), bucket.rejected("in/b.csv", row(9, "new")), run="jr_2")
    assert [(each["object"], each["reason"]) for each in rows(bucket)] == [("in/b.csv", "new")]


def test_rows_that_only_a_snapshot_names_are_shown(bucket: Bucket) -> None:
    entries = [bucket.rejected("in/a.csv", row(1, "old")), entry("in/z.csv", reason="empty")]
    bucket.run(*entries)
    bucket.snapshot(*entries)
    bucket.run(entry("in/c.csv"), run="jr_2")
    assert [each["object"] for each in rows(bucket)] == ["in/a.csv", "in/z.csv"]
    assert [each["object"] for each in rows(bucket, "--run", "jr_1")] == ["in/a.csv", "in/z.csv"]
    assert rows(bucket, "--run", "jr_2") == []


def test_one_object_a_folder_a_table_or_a_run_can_be_chosen(bucket: Bucket) -> None:
    other = {**bucket.rejected("in/2/b.csv", row(1, "b"), run="jr_2"), "table": "other"}
    bucket.run(bucket.rejected("in/1/a.csv", row(1, "a")))
    bucket.run(other, run="jr_2")
    for options, expected in {
        ("--object", "in/1/a.csv"): ["a"],
        ("--object", "in/2/"): ["b"],
        ("--object", "in/2"): [],
        ("--table", "other"): ["b"],
        ("--run", "jr_1"): ["a"],
        ("--limit", "1"): ["a"],
        (): ["a", "b"],
    }.items():
        assert [each["reason"] for each in rows(bucket, *options)] == expected, options


def test_people_get_twenty_rows_and_the_option_for_more(bucket: Bucket) -> None:
    bucket.run(bucket.rejected("in/a.csv", *(row(number, "bad") for number in range(1, 31))))
    lines = call(bucket).stdout.splitlines()
    assert (len(lines), lines[20]) == (22, "  record 20: bad")
    total = "30 rows rejected, 0 objects refused"
    assert lines[-1] == f"{total}; the first 20 are shown, --limit shows more"
    assert call(bucket, "--limit", "30").stdout.splitlines()[-2] == "  record 30: bad"
    assert len(rows(bucket)) == 30


def test_all_formats_give_the_same_rows_as_uploaded(bucket: Bucket) -> None:
    odd = row(1, f"column {HOSTILE}: no", f'1,"{HOSTILE}"\x00é😀', HOSTILE)
    bucket.run(bucket.rejected(f"in/{HOSTILE.replace('/', '')}.csv", odd))
    [found] = rows(bucket)
    assert found["raw"] == odd["raw"]
    assert yaml.safe_load(call(bucket, "-o", "yaml").stdout) == [found]
    text = call(bucket, "-o", "csv").stdout_bytes.decode()
    [from_csv] = csv.DictReader(io.StringIO(text, newline=""))
    assert from_csv == {**found, "record": "1"}


@pytest.mark.parametrize("output", ["text", "json", "yaml"])
def test_no_control_character_of_a_file_reaches_a_terminal(bucket: Bucket, output: str) -> None:
    odd = row(1, HOSTILE, HOSTILE, HOSTILE)
    bucket.run(bucket.rejected(f"in/{HOSTILE}", odd), entry(f"in/b{HOSTILE}", reason=HOSTILE))
    shown = call(bucket, "-o", output).stdout
    assert "owned" in shown
    assert not [each for each in shown if not each.isprintable() and each != "\n"]


def test_bytes_that_no_encoding_has_do_not_stop_an_export(bucket: Bucket) -> None:
    bucket.run(bucket.rejected("in/a.csv", row(1, "not UTF-8", "caf\udce9")))
    for output in ("text", "json", "yaml", "csv"):
        answer = call(bucket, "-o", output)
        assert answer.exit_code == 0, answer.output
        assert "dce9" in answer.stdout.lower()


def test_nothing_rejected_is_an_empty_document_in_each_format(bucket: Bucket) -> None:
    bucket.run(entry("in/ok.csv"))
    assert call(bucket).stdout == "0 rows rejected, 0 objects refused\n"
    assert (rows(bucket), yaml.safe_load(call(bucket, "-o", "yaml").stdout)) == ([], [])
    assert call(bucket, "-o", "csv").stdout == "table,object,record,column,reason,raw,run\n"


def test_rejected_rows_that_were_deleted_still_have_their_reason(bucket: Bucket) -> None:
    gone = bucket.rejected("in/a.csv", row(1, "bad"))
    bucket.run(gone)
    directory = gone["rejected_directory"]
    bucket.s3.delete_object(Bucket=bucket.name, Key=f"{directory}part-0.json.gz")
    [found] = rows(bucket)
    where = f"s3://{bucket.name}/{directory}"
    assert found["reason"] == f"bad (the rejected rows are no longer in {where})"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            gzip.compress(b'{"raw": "' + b"0" * 20_000_000),
            "has more than 16,777,216 bytes in one line",
        ),
        (b"no gzip", "is not readable (BadGzipFile)"),
        (gzip.compress(b"[1]\n"), "is not readable (TypeError)"),
        (gzip.compress(b"{}\n"), "is not readable (KeyError)"),
    ],
    ids=["bomb", "text", "list", "empty"],
)
def test_rows_that_no_run_writes_are_refused_by_name(
    bucket: Bucket, content: bytes, reason: str
) -> None:
    found = bucket.rejected("in/a.csv", row(1, "bad"))
    bucket.put(key := f"{found['rejected_directory']}part-0.json.gz", content)
    bucket.run(found)
    answer = call(bucket)
    assert answer.exit_code == 1
    assert f"s3://{bucket.name}/{key} {reason}" in answer.stderr


def test_an_entry_that_points_outside_of_the_rejects_is_refused(bucket: Bucket) -> None:
    found = {**bucket.rejected("in/a.csv", row(1, "bad")), "rejected_directory": "in/secrets/"}
    bucket.run(found)
    answer = call(bucket)
    assert (answer.exit_code, "is not readable (ValueError)" in answer.stderr) == (1, True)


def test_a_pipeline_that_was_not_applied_has_no_rejects(tmp_path: Path, bucket: Bucket) -> None:
    text = bucket.file.read_text().replace(bucket.name, f"x{bucket.name}")
    (tmp_path / "other.yaml").write_text(text)
    answer = CliRunner().invoke(app, ["rejects", "-f", str(tmp_path / "other.yaml")])
    assert answer.exit_code == 1
    assert "Apply the pipeline first" in answer.stderr
