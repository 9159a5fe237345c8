"""Hostile specs on a real API server: what it accepts is made, or refused with field and fix."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from kubernetes.client import ApiException

from dataflowxpress.api.errors import InvalidSpec
from dataflowxpress.api.pipeline import Pipeline
from dataflowxpress.api.reasons import Reason
from dataflowxpress.api.status import Condition
from tests.hostile import SCHEMA, of
from tests.sample import EVERYTHING
from tests.walks.conftest import POLL, TIMEOUT, Life, World, new_life, said

ASKED, MADE = 200 if EVERYTHING else 50, 100  # specs
# Nearly any value of these is refused before all, or names what does not exist in AWS yet.
ELSEWHERE = ("accountId", "region", "roleArn", "network")
SCOPE = {
    **SCHEMA,
    "properties": {name: s for name, s in SCHEMA["properties"].items() if name not in ELSEWHERE},
}
NAMED = {Reason.INVALID_SPEC, Reason.REFUSED, Reason.ACCESS_DENIED}
unhurried = settings(
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # the first that fails is small enough
    suppress_health_check=list(HealthCheck),
)


def refusal_of(life: Life, spec: dict[str, Any]) -> ApiException | None:
    """Return what the API server has against *spec*, if anything."""
    try:
        life.create(spec, dry=True)
    except ApiException as refusal:
        return refusal
    return None


def fields(refusal: ApiException) -> list[str]:
    """Return which fields it is about."""
    causes = json.loads(str(refusal.body))["details"]["causes"]
    return [cause["field"] for cause in causes]


def test_the_api_server_refuses_by_field_or_the_operator_does(world: World) -> None:
    answers = {True: 0, False: 0}
    life = new_life(world)

    @settings(unhurried, max_examples=ASKED)
    @given(of(SCHEMA))
    def ask(spec: dict[str, Any]) -> None:
        refusal = refusal_of(life, spec)
        answers[refusal is None] += 1
        if refusal:
            assert all(field.startswith("spec") for field in fields(refusal)), refusal.body
        else:
            with suppress(InvalidSpec):  # which always names a field
                assert Pipeline({"metadata": {"name": life.name}, "spec": spec}).spec

    ask()
    assert all(answers.values()), answers


def assessment(life: Life, spec: dict[str, Any]) -> Condition:
    """Let a pipeline live, and return what was said of it when nothing more was to be tried."""
    life.create(spec)
    deadline = time.monotonic() + TIMEOUT
    while not (report := life.reconcile()).success:
        ready = report.status["Ready"]
        if ready and ready.reason in NAMED:
            assert ready.message
            break
        assert time.monotonic() < deadline, (spec, said(report.status))
        time.sleep(POLL)
    life.delete()
    life.end()
    found = report.status["Ready"]
    assert found
    return found


@pytest.mark.extended
def test_what_is_accepted_becomes_ready_or_is_refused_for_a_reason(world: World) -> None:
    readies: list[Condition] = []

    @settings(unhurried, max_examples=MADE)
    @given(of(SCOPE))
    @example({})
    def live(spec: dict[str, Any]) -> None:
        life, spec = new_life(world), {**spec, "deletionPolicy": "Delete"}
        spec.get("bucket", {}).pop("name", None)  # two of them must not be after the same
        if not refusal_of(life, spec):
            readies.append(assessment(life, spec))

    live()
    assert any(ready.status == "True" for ready in readies)
