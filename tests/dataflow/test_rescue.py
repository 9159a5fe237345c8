"""Rescued values: each value of an unknown column is in the JSON as it was uploaded."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow as pa

from dataflow.reading.records import Number
from dataflow.rescue import rescued


def test_values_of_arrow_keep_their_digits_their_structure_and_their_bytes() -> None:
    columns = {
        "text": pa.array(["a", None]),
        "price": pa.array([Decimal("1.10"), None]),
        "at": pa.array([1_767_323_045_000_000, None], pa.timestamp("us")),
        "nested": pa.array([{"x": [1, 2], "flag": True}, None]),
        "bytes": pa.array([b"\xff\x00", None], pa.binary()),
    }

    first, second = rescued(columns).to_pylist()

    assert '"price":1.10,' in first
    assert json.loads(first) == {
        "text": "a",
        "price": 1.1,
        "at": "2026-01-02 03:04:05",
        "nested": {"x": [1, 2], "flag": True},
        "bytes": "0xff00",
    }
    assert second is None


def test_values_of_json_keep_their_digits() -> None:
    found = rescued({"a": [Number("1.10"), None], "b": [{"c": [True, None]}, None]})

    assert found.to_pylist() == ['{"a":1.10,"b":{"c":[true,null]}}', None]
