"""The worker: claims due obligations lane by lane, calls, and writes down what came of it.

`Deliverer.run` is the job: it finds the lanes that have something to do and sees that each is being drained; lanes do
not wait for one another. `outlets` opens the ways out, `retention` forgets.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge, Histogram

from services.notifications.commands.claim import Claimed, LaneKey, claim, due_lanes
from services.notifications.commands.record import Finished, record
from services.notifications.domain.results import Attachment, Call, Channel, Result, Trouble, down, rejected, unknown
from services.notifications.settings import Settings
from shared.contracts import Outcome
from shared.crashpoints import crash_point
from shared.database import is_transient
from shared.observability import get_logger, span
from shared.outbox import Outbox

log = get_logger(__name__)

DATABASE_PAUSE = 0.5
LEASE_USED = 0.8
"""The part of a lease within which a call must end, so that its outcome is written while the lease still holds."""
TOGETHER_SECONDS = 0.025
"""How long an outcome waits for others, to be written in one transaction with them."""

EFFECT = Histogram(
    "comptoir_effect_seconds",
    "From the history entry to the effect",
    ["channel"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 14400),
)
ATTEMPTS = Counter("comptoir_delivery_attempts", "Attempts by their outcome", ["channel", "outcome"])
LATE = Counter("comptoir_delivery_late_outcomes", "Outcomes that came after their lease had gone to another worker")
REFUSALS = Counter("comptoir_delivery_refused_credentials", "Calls refused for our credentials", ["channel", "shop"])
IN_FLIGHT = Gauge("comptoir_delivery_calls", "Calls in flight", ["channel"])


class Ways(Protocol):
    """Where a shop's effects leave by; `outlets.Outlets` in production."""

    async def find(self, channel: str, shop: str) -> Channel | None: ...


class Deliverer:
    """Runs the calls of one process. `jitter` gives values in [0, 1)."""

    def __init__(
        self, outbox: Outbox, ways: Ways, settings: Settings, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self._outbox = outbox
        self._ways = ways
        self._settings = settings
        self._jitter = jitter
        self._lanes: dict[LaneKey, asyncio.Task[None]] = {}
        self._stopping = False

    async def run(self) -> None:
        """Look for lanes with work, and start draining those that are not being drained."""
        async with self._outbox.db.read() as conn:
            found = await due_lanes(conn, self._outbox.clock())
        for lane in found:
            running = self._lanes.get(lane)
            if not self._stopping and (running is None or running.done()):
                task = asyncio.create_task(self._drain(lane), name=f"deliver-{lane.channel}-{lane.shop}")
                task.add_done_callback(_complain)
                self._lanes[lane] = task

    async def idle(self) -> None:
        """Wait until every lane that was being drained is."""
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)

    async def stop(self, seconds: float) -> None:
        """Claim nothing more; calls in flight have this long to come back, the others are unknown to whoever comes."""
        self._stopping = True
        running = [task for task in self._lanes.values() if not task.done()]
        if running:
            await asyncio.wait(running, timeout=seconds)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _drain(self, lane: LaneKey) -> None:
        """Keep calls going until the lane has nothing to do, or may not; what came back together is written at once."""
        limit = self._settings.concurrency
        calls: set[asyncio.Task[Finished]] = set()
        try:
            while True:
                if not self._stopping and len(calls) <= limit // 2:
                    calls |= {
                        asyncio.create_task(self._attempt(one)) for one in await self._claim(lane, limit - len(calls))
                    }
                if not calls:
                    return
                done, calls = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
                if calls:
                    more, calls = await asyncio.wait(calls, timeout=TOGETHER_SECONDS)
                    done |= more
                await self._record(lane, [task.result() for task in done])
        finally:
            for task in calls:
                task.cancel()

    async def _claim(self, lane: LaneKey, limit: int) -> list[Claimed]:
        try:
            async with self._outbox.transaction(batch=True) as tx:
                claimed = await claim(tx, lane, limit, self._settings.lease_seconds)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("deliver.claim_failed", channel=lane.channel, shop=lane.shop, error=error)
            return []
        crash_point("deliver.after_claim")
        return claimed

    async def _attempt(self, claimed: Claimed) -> Finished:
        channel = claimed.lane.channel
        with (
            span(f"{claimed.lane.verb} {channel}", parent=claimed.traceparent, kind=SpanKind.CLIENT) as current,
            IN_FLIGHT.labels(channel).track_inprogress(),
        ):
            current.set_attribute("comptoir.obligation", claimed.id)
            current.set_attribute("comptoir.attempt", claimed.attempts)
            result = await self._call(claimed)
            current.set_attribute("comptoir.outcome", str(result.outcome))
        crash_point("deliver.after_call")
        return Finished(claimed, result)

    async def _call(self, claimed: Claimed) -> Result:
        if claimed.payload is None:
            return rejected("its contents are no longer kept")
        lane, seconds = claimed.lane, self._settings.lease_seconds * LEASE_USED
        call = Call(
            claimed.id,
            claimed.code,
            claimed.payload,
            claimed.unsure_since,
            lane.verb,
            claimed.reference,
            claimed.since,
            [Attachment(**one) for one in claimed.attachments or ()],
            claimed.at,
        )
        try:
            way = await self._ways.find(lane.channel, lane.shop)
        except Exception as error:
            log.warning("deliver.no_way", channel=lane.channel, shop=lane.shop, error=error)
            return down(f"the account could not be read: {type(error).__name__}")
        if way is None:
            return rejected(f"no {lane.channel} account is set up for this shop")
        try:
            async with asyncio.timeout(seconds):
                return await way.send(call)
        except TimeoutError:
            return unknown(f"no end within {seconds:g} s")
        except Exception as error:  # a fault of ours: nobody knows how far the call came
            if is_transient(error):
                return unknown(f"the database was away: {type(error).__name__}")
            log.error("deliver.broken", channel=claimed.lane.channel, exc_info=error)
            return unknown(f"internal error: {type(error).__name__}", person=True)

    async def _record(self, lane: LaneKey, finished: list[Finished]) -> None:
        """Write the outcomes down, however long the database is away: they are known here only."""
        while True:
            try:
                async with self._outbox.transaction(batch=True) as tx:
                    counted = await record(tx, lane, finished, self._jitter)
                    crash_point("deliver.before_record")
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("deliver.record_failed", channel=lane.channel, shop=lane.shop, error=error)
                await asyncio.sleep(DATABASE_PAUSE)
        crash_point("deliver.after_record")
        LATE.inc(len(finished) - counted)
        self._measure(lane, finished)

    def _measure(self, lane: LaneKey, finished: list[Finished]) -> None:
        now = self._outbox.clock()
        for one in finished:
            ATTEMPTS.labels(lane.channel, str(one.result.outcome)).inc()
            if one.result.outcome == Outcome.DONE:
                EFFECT.labels(lane.channel).observe(max(0.0, (now - one.claimed.asked_at).total_seconds()))
            if one.result.trouble is Trouble.REFUSED:
                REFUSALS.labels(lane.channel, lane.shop).inc()
                log.error("deliver.refused", channel=lane.channel, shop=lane.shop)  # the journal says why


def _complain(task: asyncio.Task[None]) -> None:
    """A lane that broke is taken up again at the job's next turn; what was in flight is unknown after its lease."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("deliver.lane_broken", task=task.get_name(), exc_info=error)
