"""Random uploads under random faults: in the end each row is there once, and the status true."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console

from dataflowxpress_sandbox.aws.faults import Faults
from tests.chaos import report
from tests.chaos.conftest import asked
from tests.chaos.outages import outages
from tests.chaos.plan import Plan
from tests.chaos.trial import Trial
from tests.e2e.conftest import User

SEED, SEEDS, UPLOADS = asked("SEED", 1), asked("SEEDS", 1), asked("UPLOADS", 10)
FORMAT = os.environ.get("CHAOS_FORMAT") or "Parquet"
LANES = asked("LANES", 4)  # pipelines at once
PATIENT = UPLOADS >= 60  # wait for messages that a dead Lambda hides, too
HIDDEN = 600.0  # seconds until the last of them has come back


@pytest.mark.extended
@pytest.mark.timeout(4 * 3600)
def test_whatever_goes_wrong_each_row_is_there_once_and_the_status_is_true(
    user: User, faults: Faults, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    seeds = range(SEED, SEED + SEEDS)
    plans = [Plan.of(seed, UPLOADS, patient=PATIENT, table_format=FORMAT) for seed in seeds]
    trials = [Trial(user, faults, tmp_path, plan) for plan in plans]
    console = Console(width=200, highlight=False, soft_wrap=True)
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        with ThreadPoolExecutor(LANES) as lanes, outages(user.sandbox, SEED) as lasted:
            for trial in lanes.map(ran, trials):
                report.notify(console, trial)
        if PATIENT:
            for trial in trials:
                trial.outlast(HIDDEN)
        report.show(console, trials, len(lasted))
    assert [trial.plan.seed for trial in trials if not trial.good] == []
    if SEEDS >= 20:
        struck = {kind for trial in trials for kind in trial.struck()}
        assert struck == {fault["kind"] for trial in trials for fault in trial.plan.weather.all}


def ran(trial: Trial) -> Trial:
    trial.run()
    return trial
