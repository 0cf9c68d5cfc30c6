"""The world of a module's histories."""

from collections.abc import Iterator

import pytest

from tests.flow.histories.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Started; what one history leaves behind is settled and touches no other."""
    made = World()
    made.run(made.start())
    yield made
    made.run(made.stop())
    made.loop.close()
