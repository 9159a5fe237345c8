"""A manifest of a pipeline that the operator of a cluster owns, at the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from typer.testing import CliRunner

from dataflowxpress.api.spec import GROUP, KIND, VERSION
from dataflowxpress.cli.app import app
from tests.sample import sampled
from tests.walks.conftest import Life

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def refused(life: Life, tmp_path: Path) -> Path:
    """A pipeline in the cluster whose bucket has lost its owner tag, and its manifest."""
    life.create({"bucket": {"name": life.name}, "suspend": True})
    life.converge()
    life.world.admin("s3").delete_bucket_tagging(Bucket=life.name)
    life.reconcile()
    file = tmp_path / "pipeline.yaml"
    head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": KIND, "metadata": {"name": life.name}}
    file.write_text(yaml.safe_dump({**head, "spec": life.spec}))
    return file


def test_a_plan_knows_the_resources_of_a_pipeline_whose_bucket_is_refused(
    life: Life, refused: Path
) -> None:
    done = CliRunner().invoke(app, ["plan", "-f", str(refused), "-o", "json"])
    steps = {each["kind"]: each for each in json.loads(done.stdout)["steps"]}
    assert steps["Bucket"]["action"] == "refuse"
    assert steps["Database"]["action"] == "keep"

    text = CliRunner().invoke(app, ["plan", "-f", str(refused)])
    assert "refused" in text.stdout
    assert "owns this pipeline" in text.stderr
    assert f"run `dataflowxpress plan {life.name}` against that cluster" in " ".join(
        text.stderr.split()
    )


@pytest.mark.parametrize("command", sampled(["apply", "delete"], "delete".__eq__))
def test_a_change_is_refused_and_sent_to_the_cluster(
    life: Life, refused: Path, command: str
) -> None:
    before = life.world.everything()
    done = CliRunner().invoke(app, [command, "-f", str(refused), "--yes"])
    assert done.exit_code == 1
    assert f"owns default/{life.name}" in done.stderr
    assert f"`dataflowxpress {command} {life.name} -n default` against that cluster" in done.stderr
    assert "adopt" not in done.stdout + done.stderr
    assert life.world.everything() == before
