"""The control loop under thousands of interleavings: see `tests/unit/simulation`.

Invariants: one worker for a name; no resource without a finalizer and a record in the status; no
resource of others deleted or changed; at the end each pipeline is as its user wants, and each
deletion is complete. Of two operators at most one writes to AWS, one leads at the end, and none
ends while it holds the Lease.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sample import EVERYTHING

ROOT = Path(__file__).parents[2]
SEEDS = {"loop": 2000, "lease": 2000} if EVERYTHING else {"loop": 20, "lease": 20}
SECONDS = 3600 if EVERYTHING else 600


def simulate(what: str, first: int, count: int) -> str:
    """Run seeds in a process of their own, and return its output; a failing seed is named."""
    argv = [sys.executable, "-m", "tests.unit.simulation", what, str(first), str(count)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        argv,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        again = f"PYTHONHASHSEED=0 python -m {' '.join(argv[2:-2])} SEED 1"
        pytest.fail(f"{done.stdout}{done.stderr}\nTo repeat it: {again}")
    return done.stdout


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("what", SEEDS)
def test_no_interleaving_breaks_an_invariant(what: str) -> None:
    assert f"{SEEDS[what]} seeds" in simulate(what, 0, SEEDS[what])


def test_a_seed_determines_every_step() -> None:
    one, other, another = (simulate("loop", seed, 1).split()[-1] for seed in (7, 7, 8))
    assert one == other != another
