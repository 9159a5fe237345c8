"""What a crawler recognises: formats, compressions and encodings."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import orc, parquet

from dataflowxpress_sandbox.aws.glue.schema import objects
from dataflowxpress_sandbox.aws.glue.schema.classify import classify, custom
from dataflowxpress_sandbox.aws.glue.schema.exclusions import is_excluded
from dataflowxpress_sandbox.aws.glue.schema.schema import UNKNOWN
from dataflowxpress_sandbox.aws.glue.schema.types import known

if TYPE_CHECKING:
    from dataflowxpress_sandbox.aws.glue.schema.schema import Schema


class Bucket:
    """An S3 client that has one object, and counts the calls."""

    def __init__(self, data: bytes) -> None:
        self._data, self.calls = data, 0

    def get_object(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        begin, _, end = request["Range"].removeprefix("bytes=").partition("-")
        return {"Body": io.BytesIO(self._data[int(begin) : int(end) + 1])}


def schema(key: str, data: bytes, *definitions: dict[str, Any]) -> Schema:
    found = objects.S3Object("b", key, len(data), ())
    return classify(Bucket(data), found, [custom(each) for each in definitions])


def described(key: str, data: bytes | str, *definitions: dict[str, Any]) -> str:
    found = schema(key, data.encode() if isinstance(data, str) else data, *definitions)
    columns = ", ".join(f"{name} {known(kind)}" for name, kind in found.columns.items())
    return f"{found.classification}: {columns}".rstrip(": ")


CSV = b"id,name\n1,x\n2,y\n"
FOUND = "csv: id bigint, name string"


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def raw_snappy(data: bytes) -> bytes:
    compressed: bytes = pa.compress(data, codec="snappy", asbytes=True)
    return compressed


def framed_snappy(data: bytes) -> bytes:
    chunks = [(0xFF, b"sNaPpY"), (0x80, b"skipped"), (0x00, b"\0\0\0\0" + raw_snappy(data[:5]))]
    chunks.append((0x01, b"\0\0\0\0" + data[5:]))
    return b"".join(bytes([kind]) + len(body).to_bytes(3, "little") + body for kind, body in chunks)


def hadoop_snappy(data: bytes) -> bytes:
    parts = [raw_snappy(data[:5]), raw_snappy(data[5:])]
    body = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    return struct.pack(">I", len(data)) + body


def lz4(data: bytes) -> bytes:
    file = pa.BufferOutputStream()
    with pa.CompressedOutputStream(file, "lz4") as stream:
        stream.write(data)
    content: bytes = file.getvalue().to_pybytes()
    return content


def zstd(data: bytes) -> bytes:
    content: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return content


COMPRESSED = {
    "a.csv.gz": gzip.compress(CSV),
    "two.csv.gz": gzip.compress(CSV[:9]) + gzip.compress(CSV[9:]),
    "a.csv.bz2": bz2.compress(CSV),
    "a.csv.zip": zipped(a=CSV),
    "a.csv.lz4": lz4(CSV),
    "a.csv.snappy": framed_snappy(CSV),
    "hadoop.csv.snappy": hadoop_snappy(CSV),
}


@pytest.mark.parametrize("key", COMPRESSED)
def test_a_crawler_reads(key: str) -> None:
    assert described(key, COMPRESSED[key]) == FOUND


UNRECOGNISED = {
    "plain text that is named gz": ("a.csv.gz", CSV),
    "plain text that is named lz4": ("a.csv.lz4", CSV),
    "plain text that is named snappy": ("a.csv.snappy", CSV),
    "gzip that is named csv": ("a.csv", gzip.compress(CSV)),
    "gzip that is cut off": ("a.csv.gz", gzip.compress(CSV)[:-9]),
    "Zstandard": ("a.csv.zst", zstd(CSV * 100)),
    "an archive of two files": ("a.zip", zipped(a=CSV, b=CSV)),
    "an archive that is cut off": ("a.zip", zipped(a=CSV)[:-9]),
    "UTF-16": ("a.csv", CSV.decode().encode("utf-16")),
    "a picture": ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "a cut Parquet file": ("a.parquet", b"PAR1" + bytes(100)),
    "no Parquet but its magic number": ("a.parquet", b"PAR1"),
    "a cut Avro file": ("a.avro", b"Obj\x01\x04\x16avro.schema"),
}


@pytest.mark.parametrize("case", UNRECOGNISED)
def test_a_crawler_does_not_recognise(case: str) -> None:
    assert schema(*UNRECOGNISED[case]) is UNKNOWN


def test_a_bomb_is_expanded_no_further_than_the_sample() -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * (50 << 20))
    bucket = Bucket(bomb)
    found = objects.S3Object("b", "a.csv.gz", len(bomb), ())
    assert list(classify(bucket, found, []).columns) == ["a", "b"]
    assert bucket.calls == 1


def test_an_object_of_a_megabyte_is_one_call() -> None:
    bucket = Bucket(CSV)
    classify(bucket, objects.S3Object("b", "a.csv", len(CSV), ()), [])
    assert bucket.calls == 1


RECORDS = {
    "a record per line": ('{"a": 1, "B": "x"}\n{"a": 2.5}\n', "json: a double, b string"),
    "records without line breaks": ('{"a": 1}{"b": 2}', "json: a int, b int"),
    "a record on several lines": ('{\n "a": 1\n}\n', "json: a int"),
    "an empty object": ('{"meta": {}}', "json: meta struct<>"),
    "nested values": (
        '{"a": {"b": [1, 2]}, "c": 3000000000}',
        "json: a struct<b:array<int>>, c bigint",
    ),
    "fields that only some records have": (
        '{"a": {"x": [{"y": 1}]}}{"a": {"X": [{"z": "t"}], "w": null}}',
        "json: a struct<x:array<struct<y:int,z:string>>,w:string>",
    ),
    "names with colons and commas": (
        '{"a": {"b:c,d": {"e:f": 1}}}{"a": {"b:c,d": {"g": 2.5}}}',
        "json: a struct<b:c,d:struct<e:f:int,g:double>>",
    ),
    "a struct once, a text later": ('{"a": {"x": 1}}{"a": "t"}', "json: a string"),
    "an array, as one column": (
        '[{"a": true}, {"a": false}]',
        "json: array array<struct<a:boolean>>",
    ),
    "broken JSON": ('{"a": ', "UNKNOWN"),
    "a value with garbage after it": ('{"a": 1} x', "UNKNOWN"),
}


@pytest.mark.parametrize(("text", "expected"), RECORDS.values(), ids=RECORDS.keys())
def test_the_built_in_json_classifier_finds(text: str, expected: str) -> None:
    assert described("a.json", text) == expected


def test_json_whose_first_record_is_longer_than_a_megabyte_is_recognised_up_to_ten() -> None:
    record = json.dumps({"a": "x" * (3 << 20)})
    assert described("a.json", record) == "json: a string"
    assert described("a.json", json.dumps({"a": "x" * (11 << 20)})) == "UNKNOWN"


PATHS = {
    "the records of an array": ("$[*]", '[{"a": 1}, {"b": "x"}]', "json: a int, b string"),
    "the records below a key": ("$.data[*]", '{"data": [{"a": 1}]}', "json: a int"),
    "the records below a quoted key": ("$['da ta'][*]", '{"da ta": [{"a": 1}]}', "json: a int"),
    "one record of an array": ("$[1]", '[{"a": 1}, {"b": 1}]', "json: b int"),
    "values that are no objects": ("$.id", '{"id": "x"}{"id": "y"}', "json: record string"),
    "lines, though the path is for arrays": ("$[*]", '{"a": 1}\n{"a": 2}\n', "json: a int"),
}


@pytest.mark.parametrize(("path", "text", "expected"), PATHS.values(), ids=PATHS.keys())
def test_a_json_classifier_finds(path: str, text: str, expected: str) -> None:
    definition = {"JsonClassifier": {"Name": "own", "JsonPath": path}}
    assert described("a.json", text, definition) == expected


ORDERS = """<?xml version="1.0"?>
<orders><order id="1"><name>x</name><line>1</line><line>2</line></order>
<order id="2"><name>y</name><to><city>z</city></to></order><order id="3"/></orders>"""


def test_an_xml_classifier_finds_the_elements_and_attributes_of_its_row() -> None:
    definition = {"XMLClassifier": {"Name": "own", "Classification": "xml", "RowTag": "order"}}
    found = "xml: id bigint, name string, line array<bigint>, to struct<city:string>"
    assert described("a.xml", ORDERS, definition) == found
    assert described("a.xml", ORDERS[:-20], definition) == "UNKNOWN"


def test_the_built_in_xml_classifier_takes_the_document_for_one_row() -> None:
    assert described("a.xml", "<a><b>1</b><b>2</b><c>x</c></a>") == "xml: b array<bigint>, c string"


def test_a_grok_classifier_finds_what_its_pattern_names() -> None:
    pattern = "%{DATE:day} %{NUMBER:n:int} %{GREEDYDATA:Note}"
    about = {"Name": "own", "Classification": "log", "GrokPattern": pattern}
    definition = {"GrokClassifier": {**about, "CustomPatterns": r"DATE \d{4}-\d{2}"}}
    assert described("a.log", "2024-01 5 x\n", definition) == "log: day string, n int, note string"
    assert described("a.log", "x\n", definition) == "UNKNOWN"


def avro_file(fields: list[dict[str, Any]]) -> bytes:
    def number(value: int) -> bytes:
        zigzag, out = value << 1, b""
        while zigzag > 0x7F:
            out, zigzag = out + bytes([zigzag & 0x7F | 0x80]), zigzag >> 7
        return out + bytes([zigzag])

    def text(value: bytes) -> bytes:
        return number(len(value)) + value

    definition = json.dumps({"type": "record", "name": "r", "fields": fields}).encode()
    header = number(2) + text(b"avro.codec") + text(b"null") + text(b"avro.schema")
    return b"Obj\x01" + header + text(definition) + number(0) + bytes(16)


def test_an_avro_file_tells_its_columns_at_its_beginning() -> None:
    inner = {"type": "record", "name": "p", "fields": [{"name": "X", "type": "double"}]}
    kinds: dict[str, Any] = {
        "N": "long",
        "maybe": ["null", "int"],
        "mixed": ["int", "string"],
        "day": {"type": "int", "logicalType": "date"},
        "at": {"type": "long", "logicalType": "timestamp-micros"},
        "sum": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        "p": inner,
        "again": {"type": "array", "items": "p"},
        "more": {"type": "map", "values": "boolean"},
        "color": {"type": "enum", "name": "c", "symbols": ["RED"]},
    }
    file = avro_file([{"name": name, "type": kind} for name, kind in kinds.items()])
    assert described("a.avro", file) == (
        "avro: n bigint, maybe int, mixed string, day date, at timestamp, sum decimal(9,2),"
        " p struct<x:double>, again array<struct<x:double>>, more map<string,boolean>, color string"
    )


ARROW = pa.schema(
    {
        "n": pa.int32(),
        "Big": pa.int64(),
        "s": pa.string(),
        "d": pa.date32(),
        "m": pa.decimal128(9, 2),
        "t": pa.timestamp("us"),
        "l": pa.list_(pa.float64()),
        "o": pa.struct({"X": pa.bool_()}),
        "k": pa.map_(pa.string(), pa.int8()),
        "b": pa.binary(),
    }
)
COLUMNS = (
    "n int, big bigint, s string, d date, m decimal(9,2), t timestamp, l array<double>,"
    " o struct<x:boolean>, k map<string,tinyint>, b binary"
)


def test_a_parquet_file_tells_its_columns_in_its_footer() -> None:
    file = io.BytesIO()
    parquet.write_table(ARROW.empty_table(), file)
    assert described("a.parquet", file.getvalue()) == f"parquet: {COLUMNS}"


def test_unsigned_and_nanosecond_columns_of_parquet_get_types_of_the_catalog() -> None:
    file = io.BytesIO()
    fields = {"u1": pa.uint8(), "u8": pa.uint64(), "ns": pa.timestamp("ns"), "at": pa.time64("us")}
    parquet.write_table(pa.schema(fields).empty_table(), file, version="2.6")
    expected = "parquet: u1 smallint, u8 bigint, ns timestamp, at string"
    assert described("a.parquet", file.getvalue()) == expected


def test_an_orc_file_tells_its_columns_in_its_footer() -> None:
    file = io.BytesIO()
    orc.write_table(ARROW.empty_table(), file)
    assert described("a.orc", file.getvalue()) == f"orc: {COLUMNS}"


EXCLUDED = [
    ("*.csv", "a.csv", True),
    ("*.csv", "x/a.csv", False),
    ("**.csv", "x/a.csv", True),
    ("x/*", "x/y/a.csv", False),
    ("x/**", "x/y/a.csv", True),
    ("a.{csv,json}", "a.json", True),
    ("a.{csv,json}", "a.xml", False),
    ("[!a-c].csv", "d.csv", True),
    ("[!a-c].csv", "a.csv", False),
    ("a?.csv", "a/.csv", False),
    (r"export \[1\].csv", "export [1].csv", True),
    (r"export \[1\].csv", "export 1.csv", False),
    ("export [1].csv", "export 1.csv", True),
]


@pytest.mark.parametrize(("pattern", "key", "expected"), EXCLUDED)
def test_an_exclusion_is_a_glob_of_glue(pattern: str, key: str, expected: bool) -> None:
    assert is_excluded(key, pattern) is expected
