"""Each dashboard query returns data during the life of a pipeline."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from dataflowxpress.aws import change_stack
from dataflowxpress_sandbox import aws
from tests.audited import audit, unaudit
from tests.observability.conftest import Watched
from tests.observability.prometheus import dashboard_queries


@pytest.fixture
def change_events(watched: Watched, flow: str) -> Iterator[None]:
    """Let events of changes arrive: those of the operator's own probes and of the flow."""
    del flow  # it exists before
    policy = json.dumps(change_stack.policy())
    user = {"UserName": aws.OPERATOR, "PolicyName": "changes"}
    cloud = watched.cloud
    cloud.client("iam").put_user_policy(**user, PolicyDocument=policy)
    audit(cloud)
    watched.operator.stop()
    watched.operator.start(options=("--change-queue", change_stack.NAME))
    yield
    watched.operator.stop()
    unaudit(cloud)
    cloud.client("iam").delete_user_policy(**user)
    watched.operator.start()


@pytest.mark.usefixtures("change_events")
def test_every_dashboard_query_returns_data(watched: Watched, flow: str) -> None:
    watched.user.pipeline("refused", accountId="999999999999")
    watched.faults.set("throttle", "glue:GetJobRuns", caller="*:user/*", times=3)
    watched.compare(flow)
    queries = dashboard_queries()
    assert len(queries) > 20
    for name, query in queries.items():
        watched.prometheus.answers(query, name)
    watched.user.gone("refused")
