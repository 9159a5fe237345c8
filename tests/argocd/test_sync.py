"""Pipelines stay Synced: for each apply and diff method, with complete and minimal specs."""

from __future__ import annotations

import pytest
import yaml

from dataflowxpress.blueprint import artifacts
from tests.argocd.argo import Argo

EXAMPLES = ("complete", "minimal")
COMPARISONS = 3
APPLY = {"client-side": (), "server-side": ("ServerSideApply=true",)}
COMPARE = {"three-way": "ServerSideDiff=false", "server-side": "ServerSideDiff=true"}


@pytest.mark.parametrize("diff", COMPARE)
@pytest.mark.parametrize("apply", APPLY)
def test_a_pipeline_has_no_difference_to_git_once_it_is_applied(
    apply: str, diff: str, argo: Argo
) -> None:
    name = f"{apply}-{diff}"
    documents = {
        f"examples__{name}": list(
            yaml.safe_load_all(artifacts.path(f"examples/{name}.yaml").read_text())
        )
        for name in EXAMPLES
    }
    if not (argo.repository.directory / "examples").exists():
        argo.repository.commit("Examples", **documents)
    options = {"argocd.argoproj.io__compare-options": COMPARE[diff]}
    with argo.recording(name) as seen:
        argo.application(name, "examples", *APPLY[apply], **options)
        argo.becomes(name, "Synced", "Healthy")
        first = next(n for n, said in enumerate(seen) if said.sync == "Synced")
        for _ in range(COMPARISONS):
            argo.compared(name)
    assert {said.sync for said in seen[first:]} == {"Synced"}
    argo.gone(name)
