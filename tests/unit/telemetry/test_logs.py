"""Logs: what a line is about."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import kopf
import pytest

from dataflowxpress.telemetry import context as logs
from dataflowxpress.telemetry.reconciliation import observed

ORDERS: dict[str, Any] = {"pipeline": "shop/orders", "uid": "some-uid", "generation": 3}
log = logging.getLogger("dataflowxpress.aws.engine")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the operator writes, set up as `dataflowxpress operator` does it."""
    root, written = logging.getLogger(), io.StringIO()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr("sys.stderr", written)
    level = root.level
    kopf.configure(log_format=kopf.LogFormat.JSON)
    logs.install()
    yield written
    root.setLevel(level)


def read(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_names_pipeline_generation_and_reconciliation_also_from_threads(
    lines: io.StringIO,
) -> None:
    with observed("reconcile", **ORDERS), logs.Pool(2) as pool:
        log.info("here")
        list(pool.map(log.info, ["there", "and there"]))
    log.info("outside")
    *inside, outside = read(lines)
    assert sorted(str(line["message"]) for line in inside) == ["and there", "here", "there"]
    for line in inside:
        assert line["pipeline"] == "shop/orders"
        assert line["uid"] == "some-uid"
        assert line["generation"] == 3
    assert len({line["reconciliation"] for line in inside}) == 1
    assert "pipeline" not in outside


def test_log_lines_identify_the_reconciliation(lines: io.StringIO) -> None:
    for _ in range(2):
        with observed("reconcile", **ORDERS):
            log.info("again")
    first, second = read(lines)
    assert first["reconciliation"] != second["reconciliation"]
