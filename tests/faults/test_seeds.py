"""Seeded runs: everything breaks while orders live, and in the end nothing is lost and nothing done twice.

`COMPTOIR_FAULT_SEEDS=200` runs that many (10 otherwise); `COMPTOIR_FAULT_SEED=7` runs that one alone.
"""

import os
import sys

import pytest

from tests.faults.auditor import Auditor
from tests.faults.conftest import VERDICTS
from tests.faults.plan import plan
from tests.faults.report import count

SEEDS = (
    [int(os.environ["COMPTOIR_FAULT_SEED"])]
    if "COMPTOIR_FAULT_SEED" in os.environ
    else list(range(int(os.environ.get("COMPTOIR_FAULT_SEEDS", "10"))))
)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_is_lost_and_nothing_done_twice(
    auditor: Auditor, seed: int, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    verdict = await auditor.run(plan(seed))
    request.config.stash.setdefault(VERDICTS, []).append((verdict, count(verdict)))
    verdict.evidence = None  # of 200 seeds it would be much
    with capfd.disabled():
        sys.stdout.write(f"\n{verdict}\n")
    assert not verdict.breaches, f"{verdict}\nagain: COMPTOIR_FAULT_SEED={seed} pytest tests/faults/test_seeds.py"
