"""GitOps with pipelines on a real Argo CD: one Application, with the tests in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from dataflowxpress.api.annotations import PAUSED
from dataflowxpress.api.spec import GROUP, KIND, VERSION
from tests.argocd.argo import Argo, Said
from tests.argocd.capture import annotate, change, stopped
from tests.chart.rendering import rendered

LIFE = "life"
WAVE = "argocd.argoproj.io/sync-wave"


class Life(NamedTuple):
    """An Application and its recorded states."""

    argo: Argo
    seen: list[Said]

    def commit(self, message: str, **files: Any) -> None:
        names = {f"{LIFE}__{name}": content for name, content in files.items()}
        self.argo.history.add(done=f"commit: {message}")
        self.argo.repository.commit(message, **names)
        self.argo.look(LIFE)

    def revert(self) -> None:
        self.argo.history.add(done="revert of the last commit")
        self.argo.repository.revert()
        self.argo.look(LIFE)

    def wait(self, name: str, health: str, what: str) -> Said:
        return self.argo.wait(LIFE, lambda output: output.resources.get(name) == health, what)

    def well(self) -> Said:
        return self.argo.becomes(LIFE, "Synced", "Healthy")

    def batch_window(self, name: str) -> int:
        """Return the seconds for which uploads gather before a run."""
        found = self.argo.user.aws("lambda").list_event_source_mappings(
            FunctionName=f"default-{name}-start-job"
        )
        mappings = found["EventSourceMappings"]
        return max(int(each["MaximumBatchingWindowInSeconds"]) for each in mappings)


def pipeline(name: str, wave: int = 1, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name, "annotations": {WAVE: str(wave)}},
        "spec": {"trigger": {"batchWindowSeconds": 0}, **spec},
    }


def platform() -> list[dict[str, Any]]:
    """Return the objects of the chart without pods: the API server alone runs none."""
    return [each for each in rendered() if each["kind"] not in {"Deployment", "Pod"}]


@pytest.fixture(scope="module")
def life(argo: Argo) -> Iterator[Life]:
    """Return the chart in wave 0, a pipeline in wave 1, and one in wave 2."""
    first, second = pipeline("first"), pipeline("second", wave=2)
    argo.repository.commit(
        "Begin", life__platform=platform(), life__first=first, life__second=second
    )
    with argo.recording(LIFE) as seen:
        life = Life(argo, seen)
        with stopped(
            argo.user, "operator"
        ):  # so that the first pipeline stays not ready for some time
            argo.history.add(done="the Application is made; the operator is held still")
            argo.application(LIFE, LIFE, "ServerSideApply=true")
            life.wait("first", "Progressing", "waiting for the operator")
            argo.history.add(done="the operator goes on")
        life.well()
        yield life
        argo.history.add(done="the Application is deleted")
        argo.gone(LIFE)
    assert not argo.user.exists("first")  # this query needs the kind, which is kept


def test_a_wave_waits_until_the_pipelines_before_it_are_ready(life: Life) -> None:
    ready = life.argo.user.status("first")["Ready"]
    assert ready is not None
    second = life.argo.user.get("second")["metadata"]["creationTimestamp"]
    assert second >= ready.last_transition_time
    waiting = [output for output in life.seen if output.resources.get("first") == "Progressing"]
    assert waiting
    assert all(output.resources.get("second") in {"Missing", "-", None} for output in waiting)


def test_a_commit_changes_aws_and_its_revert_changes_it_back(life: Life) -> None:
    changed = pipeline("first")
    changed["spec"]["trigger"]["batchWindowSeconds"] = 7
    life.commit("Gather for seven seconds", first=changed)
    life.argo.wait(LIFE, lambda _: life.batch_window("first") == 7, "changed")
    life.well()
    life.revert()
    life.argo.wait(LIFE, lambda _: life.batch_window("first") == 0, "changed back")
    life.well()


def test_a_refused_pipeline_is_degraded_with_its_message_and_pruned_by_a_revert(
    life: Life,
) -> None:
    place = {"LocationConstraint": "eu-west-1"}
    life.argo.user.aws("s3").create_bucket(Bucket="foreign", CreateBucketConfiguration=place)
    life.commit("Use a foreign bucket", third=pipeline("third", bucket={"name": "foreign"}))
    output = life.wait("third", "Degraded", "refused")
    assert "Bucket/foreign: exists and belongs to no pipeline" in output.message
    life.argo.wait(LIFE, lambda output: output.health == "Degraded", "degraded as a whole")
    life.revert()
    life.argo.wait(LIFE, lambda output: "third" not in output.resources, "pruned")
    life.well()
    assert not life.argo.user.exists("third")


def test_a_paused_pipeline_is_suspended_and_stays_synced(life: Life) -> None:
    life.argo.history.add(done="kubectl annotate dp first paused=true")
    annotate(life.argo.user, "first", **{PAUSED: "true"})
    output = life.wait("first", "Suspended", "paused")
    life.argo.history.add(done="the annotation is removed")
    annotate(life.argo.user, "first", **{PAUSED: None})
    life.well()
    assert output.sync == "Synced"


def test_a_manual_change_in_the_cluster_is_reverted(life: Life) -> None:
    life.argo.history.add(done="a user changes the spec in the cluster")
    change(life.argo.user, "first", spec={"trigger": {"batchWindowSeconds": 9}})
    life.argo.wait(LIFE, lambda output: output.sync == "OutOfSync", "seen")
    life.argo.wait(LIFE, lambda _: window_of(life, "first") == 0, "reverted")
    life.well()
    assert life.batch_window("first") == 0


def window_of(life: Life, name: str) -> int:
    return int(life.argo.user.get(name)["spec"]["trigger"]["batchWindowSeconds"])


def test_a_pipeline_removed_from_git_is_removed_from_aws(life: Life) -> None:
    life.commit("No second one", second=None)
    life.argo.wait(LIFE, lambda output: "second" not in output.resources, "pruned")
    functions = life.argo.user.aws("lambda").list_functions()["Functions"]
    assert not [f for f in functions if f["FunctionName"].startswith("default-second")]
