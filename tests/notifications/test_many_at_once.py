"""Much is due at once: every lane goes at its own limit, and waits for no other. `make bench` does it with 10,000."""

import math

from tests.bench.deliveries import measure
from tests.bench.deliveries_due import LIMITS, Lane, counterparts
from tests.bench.deliveries_page import least_seconds

COUNTS = {
    Lane("webhook", "large"): 61,
    Lane("webhook", "small"): 2,
    Lane("mail", "large"): 20,
    Lane("mail", "small"): 2,
    Lane("amazon", "large"): 15,
    Lane("amazon", "small"): 2,
}


async def test_every_lane_goes_at_its_limit_and_waits_for_no_other(database_url: str) -> None:
    async with counterparts() as receivers:
        figures = await measure(database_url, receivers, COUNTS)
    assert {lane: sum(pace.calls) for lane, pace in figures.paces.items()} == COUNTS
    for lane, pace in figures.paces.items():
        limit = LIMITS[lane.channel]
        assert pace.calls[0] == min(COUNTS[lane], limit.burst), lane
        assert pace.fastest <= limit.per_second, lane
        assert pace.seconds == math.ceil(least_seconds(lane.channel, COUNTS[lane])), lane
    assert (figures.twice, figures.failed) == (0, 0)
