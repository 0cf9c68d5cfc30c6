"""Billing started to die at a point, and the wait until it has."""

import signal

from tests.eventually import eventually
from tests.faults.house import House


async def restarted(house: House, crash_at: str | None = None) -> None:
    """Billing as a new process, to die at this point."""
    process = house.processes["billing"]
    await process.stop()
    process.spawn(crash_at=crash_at)
    process.shall_die = crash_at is not None
    if crash_at is None:
        await process.ready()


async def died(house: House) -> None:
    process = house.processes["billing"]
    await eventually(lambda: not process.alive, seconds=90, every=0.05)
    assert process.exit_code == -signal.SIGKILL


async def dies_again(house: House, point: str) -> None:
    """Wait for its death, and start the process that takes over and dies at this point."""
    await died(house)
    process = house.processes["billing"]
    process.spawn(crash_at=point)
    process.shall_die = True
