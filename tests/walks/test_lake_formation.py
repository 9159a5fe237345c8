"""Lake Formation: in an account that it governs, a pipeline works with the field, and only so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dataflowxpress.aws.resources import PrincipalPermissions
from tests.walks.conftest import NAMESPACE, Life, new_life, said, world_on

if TYPE_CHECKING:
    from pathlib import Path

    from dataflowxpress_sandbox.aws.serving import RunningAws

pytestmark = pytest.mark.extended

SECONDS = 180  # for a crawl and a run, on a machine with much else to do


def spec(*, lake_formation: bool) -> dict[str, Any]:
    return {
        "deletionPolicy": "Delete",
        "catalog": {"lakeFormation": lake_formation},
        "trigger": {"batchWindowSeconds": 0},
    }


@pytest.fixture
def life(cluster: Path, own_aws: RunningAws) -> Iterator[Life]:
    """A pipeline in an account whose new databases grant nothing to IAM's principals."""
    with world_on(cluster, own_aws) as world:
        lakeformation = world.admin("lakeformation")
        admins = lakeformation.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"]
        defaults: dict[str, list[Any]] = {
            "CreateDatabaseDefaultPermissions": [],
            "CreateTableDefaultPermissions": [],
        }
        lakeformation.put_data_lake_settings(
            DataLakeSettings={"DataLakeAdmins": admins, **defaults}
        )
        life = new_life(world)
        yield life
        life.delete()
        life.end()


def granted(life: Life) -> Any:
    """Return what the job's role has on the pipeline's database."""
    found = {line.kind: line for line in life.status.resources if line.kind == "Database"}
    [role] = {
        line.arn
        for line in life.status.resources
        if line.kind == "Role" and line.name.endswith("-glue")
    }
    return PrincipalPermissions.read(
        life.world.admin("lakeformation"), role, found["Database"].name
    )


def test_without_the_field_the_condition_names_it_and_with_it_uploads_are_converted(
    life: Life,
) -> None:
    life.create(spec(lake_formation=False))
    report = life.reconcile()
    ready = report.status["Ready"]
    assert ready
    assert (ready.status, ready.reason) == ("False", "AccessDenied"), said(report.status)
    assert "Insufficient Lake Formation permission" in ready.message
    assert "set spec.catalog.lakeFormation to true" in ready.message
    assert granted(life) is None

    life.change(spec(lake_formation=True))
    life.converge()
    assert granted(life) == {
        "Database": ["CREATE_TABLE", "DESCRIBE"],
        "Tables": ["ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"],
    }
    [bucket] = {line.name for line in life.status.resources if line.kind == "Bucket"}
    life.world.admin("s3").put_object(
        Bucket=bucket, Key="csv_data/a.csv", Body=b"name,age\nann,36\nbob,41\n"
    )
    deadline = time.monotonic() + SECONDS
    while not (life.status.data and life.status.data.objects == 1):
        assert time.monotonic() < deadline, said(life.status)
        time.sleep(1)
        life.world.operator.poll(NAMESPACE, life.name)
    assert life.status.data.rows == 2
    life.world.wire.restart()
    life.converge()  # the role's implicit permissions on its own tables are no drift
    assert life.world.wire.writes == []

    life.change(spec(lake_formation=False))
    life.converge()
    assert granted(life) is None


def test_an_operator_that_is_no_administrator_says_what_it_lacks(life: Life) -> None:
    lakeformation = life.world.admin("lakeformation")
    settings = lakeformation.get_data_lake_settings()["DataLakeSettings"]
    lakeformation.put_data_lake_settings(DataLakeSettings={**settings, "DataLakeAdmins": []})
    life.create(spec(lake_formation=True))
    ready = life.reconcile().status["Ready"]
    assert ready
    assert ready.reason == "AccessDenied"
    assert "make the operator's role a data lake administrator" in ready.message
    lakeformation.put_data_lake_settings(DataLakeSettings=settings)
    life.converge()
    assert life.status.holds("Ready")
