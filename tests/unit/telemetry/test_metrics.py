"""Metrics of the operator: where they are served, and how work is counted."""

from __future__ import annotations

from typing import Any

import pytest

from dataflowxpress.manager.probes import Address
from dataflowxpress.telemetry.metrics import REGISTRY
from dataflowxpress.telemetry.reconciliation import observed

ORDERS: dict[str, Any] = {"pipeline": "shop/orders", "uid": "some-uid", "generation": 3}


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (":8081", "0.0.0.0", 8081),  # noqa: S104
        ("127.0.0.1:9", "127.0.0.1", 9),
        ("[::1]:8081", "::1", 8081),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert Address.parse(text) == (host, port)


@pytest.mark.parametrize("text", ["", "8081x", "localhost:", "localhost:70000", "localhost:http"])
def test_any_other_address_is_refused_with_the_cure(text: str) -> None:
    with pytest.raises(ValueError, match=r"use HOST:PORT, or :PORT for all addresses"):
        Address.parse(text)


def reconciliations(outcome: str) -> float:
    name = "dataflowxpress_reconciliation_duration_seconds_count"
    return REGISTRY.get_sample_value(name, {"task": "poll", "outcome": outcome}) or 0


def test_work_is_counted_by_how_it_ended() -> None:
    before = reconciliations("success")
    with observed("poll", **ORDERS) as work:
        work.outcome = "success"
    assert reconciliations("success") == before + 1


def test_work_that_ends_with_an_unexpected_error_is_counted_as_a_crash() -> None:
    before = reconciliations("error")
    with pytest.raises(RuntimeError), observed("poll", **ORDERS):
        raise RuntimeError
    assert reconciliations("error") == before + 1
