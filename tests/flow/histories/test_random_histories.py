"""Random histories with lost, repeated, late and shuffled messages end right: 200 of up to 32 steps, each with orders.

In four parts, so that they run side by side; `make faults` runs 500.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.flow.histories.machine import History
from tests.flow.histories.world import World

EXAMPLES = int(os.environ.get("COMPTOIR_HISTORIES", "200"))
PARTS = 4
STEPS = 32


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_random_histories_end_right(world: World, part: int) -> None:
    run_state_machine_as_test(
        type("RandomHistory", (History,), {"world": world}),
        settings=settings(
            max_examples=EXAMPLES // PARTS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
