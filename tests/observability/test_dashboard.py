"""Each dashboard query returns data during the life of a pipeline."""

from __future__ import annotations

from tests.observability.conftest import Watched
from tests.observability.prometheus import dashboard_queries


def test_every_dashboard_query_returns_data(watched: Watched, flow: str) -> None:
    watched.user.pipeline("refused", accountId="999999999999")
    watched.faults.set("throttle", "glue:GetJobRuns", caller="*:user/*", times=3)
    watched.compare(flow)
    queries = dashboard_queries()
    assert len(queries) > 20
    for name, query in queries.items():
        watched.prometheus.answers(query, name)
    watched.user.gone("refused")
