"""Random histories with lost, repeated, late and shuffled messages end right: 500 of at least 30 steps.

In four parts, so that they run side by side.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.flow.histories.machine import History
from tests.flow.histories.world import World

EXAMPLES = int(os.environ.get("COMPTOIR_HISTORIES", "500"))
PARTS = 4
STEPS = 32


@pytest.fixture(scope="module")
def history() -> Iterator[type[History]]:
    """The machine, with a world and a loop of its own."""
    loop = asyncio.new_event_loop()
    world = World()
    loop.run_until_complete(world.start())
    yield type("RandomHistory", (History,), {"world": world, "loop": loop})
    loop.run_until_complete(world.stop())
    loop.close()


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("part", range(PARTS))
def test_random_histories_end_right(history: type[History], part: int) -> None:
    run_state_machine_as_test(
        history,
        settings=settings(
            max_examples=EXAMPLES // PARTS,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
