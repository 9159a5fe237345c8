"""Proposal: what `columns` proposes for a sample, the API accepts and the job converts exactly."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import string
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from typer.testing import CliRunner

from dataflow.source_options import SourceOptions
from dataflowxpress.api.spec import DataPipelineSpec, mistakes
from dataflowxpress.cli.app import app
from dataflowxpress.cli.proposal import document, names, propose, reading, sample

Json = dict[str, Any]
EXAMPLES = int(os.environ.get("DATAFLOWXPRESS_EXAMPLES", "30"))


def proposed(file: Path, *options: str) -> Json:
    """Return `source` as the command prints it, after the API has checked it."""
    answer = CliRunner().invoke(app, ["columns", str(file), *options])
    assert answer.exit_code == 0, answer.output
    source: Json = yaml.safe_load(answer.stdout)["source"]
    assert not [*mistakes(DataPipelineSpec, {"source": source})]
    return source


def written(folder: Path, content: str | bytes, name: str = "sample.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def types(source: Json) -> dict[str, str]:
    return {each["name"]: each["type"] for each in source["columns"]}


def type_of(folder: Path, *values: str, name: str = "v") -> Json:
    """Return the declaration of a column with these values, in a file with semicolons."""
    lines = [f"id;{name}", *(f"{number};{value}" for number, value in enumerate(values, 1))]
    column: Json = proposed(written(folder, "\n".join(lines)))["columns"][1]
    return column


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("1", "22"), {"type": "bigint"}),
        (("1.5", "-2"), {"type": "double"}),
        (("true", "FALSE"), {"type": "boolean"}),
        (("2026-01-31", ""), {"type": "date"}),
        (("2026-01-31T10:00:00Z", "2026-01-31T00:00:00Z"), {"type": "timestamp"}),
        (("31.12.2025", "01.01.2026"), {"type": "date", "format": "dd.MM.yyyy"}),
        (("1.2.2026", "31.12.2025"), {"type": "date", "format": "d.M.yyyy"}),
        (("12/31/2025", "01/02/2026"), {"type": "date", "format": "MM/dd/yyyy"}),
        (("01.01.2026 10:30",), {"type": "timestamp", "format": "dd.MM.yyyy HH:mm"}),
        (("01/02/2026", "03/04/2026"), {"type": "string"}),  # day or month first?
        (("01234", "99999"), {"type": "string"}),
        (("+4915112345678",), {"type": "string"}),
        (("713752e1", "47583311587E590003"), {"type": "string"}),
        (("12345678901234567.89",), {"type": "string"}),
        (("99999999999999999999",), {"type": "string"}),
        (("10D", "5f"), {"type": "string"}),
        (("0x1p3",), {"type": "string"}),
        (("1,234", "5,678"), {"type": "string"}),  # thousands or decimals?
        (("abc", "1"), {"type": "string"}),
        (("", ""), {"type": "string"}),
    ],
)
def test_a_type_is_proposed_only_if_it_keeps_each_value(
    tmp_path: Path, values: tuple[str, ...], expected: Json
) -> None:
    assert type_of(tmp_path, *values) == {"name": "v", **expected}


@pytest.mark.parametrize("name", ["zip", "PLZ", "phone_number", "customerCode", "ISBN", "iban"])
def test_digits_of_a_column_of_codes_stay_text(tmp_path: Path, name: str) -> None:
    assert type_of(tmp_path, "12345", "67890", name=name)["type"] == "string"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("created_at", "1767225600", {"type": "timestamp", "format": "epochSeconds"}),
        ("ts", "1767225600123", {"type": "timestamp", "format": "epochMillis"}),
        ("order_date", "20260131", {"type": "date", "format": "yyyyMMdd"}),
        ("amount", "1767225600", {"type": "bigint"}),
        ("amount", "20260131", {"type": "bigint"}),
    ],
)
def test_digits_are_times_only_if_the_name_says_so(
    tmp_path: Path, name: str, value: str, expected: Json
) -> None:
    assert type_of(tmp_path, value, name=name) == {"name": name, **expected}


def test_decimal_commas_are_an_option_of_the_files_or_of_a_column(tmp_path: Path) -> None:
    source = proposed(written(tmp_path, "a;b\n1,5;1.234,56\n2;0,1\n"))
    assert source["csv"] == {"delimiter": ";", "decimal": ","}
    assert types(source) == {"a": "double", "b": "double"}
    source = proposed(written(tmp_path, "a;b\n1,5;1.5\n2;0.1\n"))
    assert source["csv"] == {"delimiter": ";"}
    assert [each.get("decimal") for each in source["columns"]] == [",", None]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("a\tb\n1\t2\n", {"delimiter": r"\t"}),
        ("a|b\n1|2\n", {"delimiter": "|"}),
        ("Report of the month\n\na,b\n1,2\n3,4\n", {"skipLines": 2}),
        ("# exported today\na,b\n1,2\n3,4\n", {"comment": "#"}),
        ("a,b\n1,2\n3,4\nTotal: 2\n", {"footerLines": 1}),
        ('a,b\n1,"x \\"y\\", z"\n', {"escape": "\\"}),
        ("a,b\n1,x\nNULL,y\n", {"nullValues": ["NULL"]}),
        ("a,b\n1,x\nn/a,\\N\n", {"nullValues": ["\\N", "n/a"]}),
    ],
)
def test_the_options_that_a_file_needs_are_found(
    tmp_path: Path, content: str, options: Json
) -> None:
    source = proposed(written(tmp_path, content))
    assert source["csv"] == options
    assert types(source)["a"] == "bigint"


def test_encoding_and_compression_are_found(tmp_path: Path) -> None:
    text = "name;city\nMüller;Köln\n"
    source = proposed(written(tmp_path, text.encode("windows-1252")))
    assert source["encoding"] == "windows-1252"
    source = proposed(written(tmp_path, text.encode("utf-16-le")))
    assert source["encoding"] == "utf-16le"
    source = proposed(written(tmp_path, gzip.compress(text.encode("utf-16"))))
    assert "encoding" not in source


def test_a_script_whose_encoding_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    file = written(tmp_path, "имя;город\nИван;Москва\n".encode("windows-1251"))  # noqa: RUF001
    answer = CliRunner().invoke(app, ["columns", str(file)])
    assert (answer.exit_code, "Add --encoding" in answer.stderr) == (1, True)
    source = proposed(file, "--encoding", "windows-1251")
    assert source["encoding"] == "windows-1251"
    assert [each["from"] for each in source["columns"]] == ["имя", "город"]


def test_json_keeps_numbers_and_nested_values(tmp_path: Path) -> None:
    first = '{"Id": 1, "price": 1.10, "tags": ["a"], "to": {"Zip": "01", "n": 1}, "x": 12e400}'
    second = '{"Id": 2, "price": 2, "tags": [], "to": null, "day": "2026-01-31"}'
    source = proposed(written(tmp_path, f"{first}\n{second}\n", "a.jsonl"))
    assert types(source) == {
        "id": "bigint",
        "price": "double",
        "tags": "array<string>",
        "to": "struct<zip:string,n:bigint>",
        "x": "string",
        "day": "date",
    }


def test_the_records_of_an_envelope_are_found_but_not_the_parts_of_one_record(
    tmp_path: Path,
) -> None:
    envelope = {"next": None, "data": {"items": [{"a": 1}, {"a": 2}]}}
    source = proposed(written(tmp_path, json.dumps(envelope), "a.json"))
    assert source["json"] == {"multiLine": True, "recordPath": "data.items"}
    assert types(source) == {"a": "bigint"}
    order = {"id": 1, "positions": [{"a": 1}, {"a": 2}]}
    source = proposed(written(tmp_path, json.dumps(order), "a.json"))
    assert types(source) == {"id": "bigint", "positions": "array<struct<a:bigint>>"}


def test_the_repeated_element_of_xml_is_the_row(tmp_path: Path) -> None:
    content = '<all><made>x</made><o id="1"><n>a</n></o><o id="2"><n>b</n></o></all>'
    source = proposed(written(tmp_path, content, "a.xml"))
    assert (source["format"], source["xml"]) == ("xml", {"rowTag": "o"})
    assert types(source) == {"id": "bigint", "n": "string"}


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "Id": pa.array([1], pa.int32()),
            "p": pa.array([1], pa.decimal128(10, 2)),
            "s": pa.array([{"a": 1}]),
            "ns": pa.array([1], pa.timestamp("ns")),
            "us": pa.array([1], pa.timestamp("us")),
        }
    )
    parquet.write_table(table, tmp_path / "data")
    source = proposed(tmp_path / "data")
    assert source["format"] == "parquet"
    assert types(source) == {
        "id": "int",
        "p": "decimal(10,2)",
        "s": "struct<a:bigint>",
        "ns": "string",  # a timestamp has microseconds
        "us": "timestamp",
    }


def test_a_manifest_gives_the_options_that_a_sample_does_not_show(tmp_path: Path) -> None:
    spec = {"source": {"csv": {"header": False, "delimiter": "||"}}}
    head = {"apiVersion": "dataflowxpress.io/v1alpha1", "kind": "DataPipeline"}
    manifest = written(
        tmp_path, yaml.safe_dump({**head, "metadata": {"name": "a"}, "spec": spec}), "p.yaml"
    )
    source = proposed(written(tmp_path, "1||x\n2||y\n"), "-f", str(manifest))
    assert source["csv"] == {"delimiter": "||", "header": False}
    assert types(source) == {"col0": "bigint", "col1": "string"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<!DOCTYPE html><html></html>", "not CSV: an HTML page"),
        ('a,b\n1,"x\n', "record 1: a quote is not closed"),
        ("", "empty"),
    ],
)
def test_a_sample_that_the_job_could_not_read_fails_with_the_jobs_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    answer = CliRunner().invoke(app, ["columns", str(written(tmp_path, content))])
    assert (answer.exit_code, reason in answer.stderr) == (1, True), answer.output


def test_a_sample_with_only_a_header_gives_the_names(tmp_path: Path) -> None:
    assert types(proposed(written(tmp_path, "Id,b\n"))) == {"id": "string", "b": "string"}


def test_a_sample_needs_pyarrow_and_the_message_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    answer = CliRunner().invoke(app, ["columns", str(written(tmp_path, "a,b\n1,2\n"))])
    assert answer.exit_code == 1
    assert "pip install 'dataflowxpress[columns]'" in answer.stderr


def test_a_missing_file_is_named_and_is_no_pipeline() -> None:
    for name in ("nowhere.csv", "./nowhere"):
        answer = CliRunner().invoke(app, ["columns", name])
        what = f"Error: {name.removeprefix('./')}: No such file or directory\n"
        assert answer.stderr.startswith(what)


VALUES = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.dates().map(str),
    st.datetimes().map(str),
    st.dates().map(lambda day: f"{day:%d.%m.%Y}"),
    st.from_regex(r"\A[0-9]{1,9},[0-9]{1,3}\Z"),
    st.from_regex(r"\A0[0-9]{0,8}\Z"),
    st.sampled_from(["NULL", "NA", "-", "true", "False", "", "1e5", "+1", "1.", ".5", " 7 "]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8),
)
HEADERS = st.lists(
    st.text(string.ascii_letters + "_ äßé-", min_size=1, max_size=6).filter(str.strip),
    min_size=2,
    max_size=4,
    unique_by=lambda name: name.strip().lower(),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    header = draw(HEADERS)
    kinds = [draw(st.sampled_from([VALUES])) for _ in header]
    rows = draw(st.lists(st.tuples(*kinds).map(list), min_size=1, max_size=6))
    return header, rows


@settings(max_examples=EXAMPLES)
@given(tables(), st.sampled_from([",", ";", "|", "\t"]))
def test_the_job_keeps_each_value_of_the_sample_with_the_proposed_options(
    table: tuple[list[str], list[list[str]]], delimiter: str
) -> None:
    header, rows = table
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [header, *rows]
    )
    with pytest.MonkeyPatch.context() as patch:
        found = _proposed_in_memory(text.getvalue(), patch)
    assert not [note for note in found.notes if "would reject" in note], found.notes
    assert not [*mistakes(DataPipelineSpec, {"source": found.source})]
    assert yaml.safe_load("".join(document.as_yaml(found)))["source"] == found.source


def _proposed_in_memory(text: str, patch: pytest.MonkeyPatch) -> document.Proposal:
    content = text.encode()
    made = sample.Sample("sample.csv", Path("sample.csv"))
    patch.setattr(sample.Sample, "open", lambda _: io.BufferedReader(io.BytesIO(content)))
    patch.setattr(sample.Sample, "size", len(content))
    return propose.propose(made, SourceOptions(format=""))


@given(st.lists(st.text(max_size=12), max_size=12, unique=True))
def test_names_in_the_tables_are_different_and_valid(uploaded: list[str]) -> None:
    found = names.table_names(uploaded)
    assert [*found] == uploaded
    assert len({*found.values()}) == len(uploaded)
    columns = [{"name": each, "type": "string"} for each in found.values()]
    assert not [*mistakes(DataPipelineSpec, {"source": {"columns": columns}})]


@pytest.mark.parametrize(
    ("uploaded", "expected"),
    [
        ("OrderID", "order_id"),
        ("Order Date", "order_date"),
        ("Größe (cm)", "grosse_cm"),
        ("XMLHttpRequest", "xml_http_request"),
        ("日本", "col0"),
        ("_file", "file"),
        ("dfx_object", "dfx_object_2"),
    ],
)
def test_names_become_snake_case(uploaded: str, expected: str) -> None:
    assert names.table_names([uploaded]) == {uploaded: expected}


def test_a_large_sample_is_read_in_part(tmp_path: Path) -> None:
    lines = "".join(f"{number},{'x' * 40}\n" for number in range(3 * reading.RECORDS))
    answer = CliRunner().invoke(app, ["columns", str(written(tmp_path, f"a,b\n{lines}"))])
    assert answer.stdout.startswith("# From the first ")
