"""What orders does on a timer: heal losses, expire terms, say everything again where that was asked.

Each takes no input and is idempotent: what there is to do stands in the tables, so a crash or a second replica costs
nothing but a repetition. Neighbour: `importing` (files of orders).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from prometheus_client import Counter, Gauge
from sqlalchemy import exists, func, select

from services.orders.commands.accounts import forget_expired, send_links
from services.orders.commands.expiring import expire_terms
from services.orders.commands.founding import found
from services.orders.commands.resending import resend
from services.orders.commands.resyncing import continue_resyncs
from services.orders.commands.statistics import count_orders
from services.orders.domain.resending import FIRST, drained, due_at, last_sending
from services.orders.queries.hearings import NEVER, SERVICES, Hearings, find_hearings, lagging
from services.orders.settings import Settings
from services.orders.tables import orders, outbox, progress, shops
from shared.broker import Bus, Subscription
from shared.contracts import Order, Shop
from shared.observability import get_logger
from shared.outbox import Outbox
from shared.settings import FIRST_SHOP

log = get_logger(__name__)

PAGE = 50
"""Orders locked at once for re-sending."""
LOOK = 1000
"""Unsettled orders looked at in one sweep; the next one goes on behind them."""

UNSETTLED = Gauge("comptoir_orders_unsettled", "Orders that some service has not dealt with")
RESENT = Counter("comptoir_orders_resent", "Orders said again because a service lags")


_unsent = exists().where(outbox.c.message == Order.name, outbox.c.key == orders.c.id)
"""Not lost: it has not left yet."""


class Unsettled(NamedTuple):
    """What a sweep needs to know of an order."""

    id: str
    version: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """What a sweep saw: unsettled orders, what is heard of them, how far each service is."""

    at: datetime
    rows: Sequence[Unsettled]
    known: Mapping[str, Hearings]
    reached: Mapping[str, datetime]
    empty: Mapping[str, bool]

    def may_resend(self, row: Unsettled, service: str, *, at_once: bool) -> bool:
        """Whether the back-off is over (or does not count) and the service has drained."""
        hearing = self.known[row.id].get(service, NEVER)
        last = last_sending(row.sent_at, hearing.resent_at)
        due = at_once or due_at(row.sent_at, hearing.resent_at, hearing.resends) <= self.at
        return due and drained(last, self.reached.get(service), queue_empty=self.empty[service])


class LagSweep:
    """Re-sends orders to the services that lag, once these have drained.

    The first round after a start does not wait for the back-off: a broker in the memory of a process that crashed has
    forgotten what was in its queues.
    """

    def __init__(self, outbox: Outbox, bus: Bus, settings: Settings) -> None:
        self._outbox = outbox
        self._bus = bus
        self._limit = settings.resends_per_sweep
        self._cursor = ""
        self._first_round = True

    async def run(self) -> int:
        """One sweep; how many messages were said again."""
        if not self._bus.connected.is_set():
            return 0
        empty = {service: await self._queue_is_empty(service) for service in SERVICES}
        wanted = self._choose(await self._look(empty))
        resent = await self._resend(wanted)
        if resent:
            log.info("orders.resent", count=resent)
        return resent

    def _choose(self, look: Look) -> dict[str, list[str]]:
        """Whom to tell what, up to the cap; the next sweep goes on behind the last order looked at."""
        wanted: dict[str, list[str]] = {}
        for row in look.rows:
            if len(wanted) == self._limit:
                return wanted
            self._cursor = row.id
            services = [
                service
                for service in lagging(row.version, look.known[row.id])
                if look.may_resend(row, service, at_once=self._first_round)
            ]
            if services:
                wanted[row.id] = services
        if len(look.rows) < LOOK:
            self._cursor, self._first_round = "", False
        return wanted

    async def _queue_is_empty(self, service: str) -> bool:
        return await self._bus.depth(Subscription(service, Order.name).queue) == 0

    async def _look(self, empty: Mapping[str, bool]) -> Look:
        now = self._outbox.clock()
        statement = (
            select(orders.c.id, orders.c.version, orders.c.sent_at)
            .where(~orders.c.settled, ~_unsent, orders.c.id > self._cursor, orders.c.sent_at <= now - FIRST)
            .order_by(orders.c.id)
            .limit(LOOK)
        )
        async with self._outbox.db.read() as conn:
            UNSETTLED.set((await conn.execute(select(func.count()).where(~orders.c.settled))).scalar_one())
            rows = [Unsettled(*row) for row in await conn.execute(statement)]
            known = await find_hearings(conn, [row.id for row in rows])
            reached = {row.service: row.sent_at for row in await conn.execute(select(progress))}
        return Look(now, rows, known, reached, empty)

    async def _resend(self, wanted: Mapping[str, list[str]]) -> int:
        resent = 0
        for page in (list(wanted.items())[start : start + PAGE] for start in range(0, len(wanted), PAGE)):
            async with self._outbox.transaction(batch=True) as tx:
                resent += await resend(tx, dict(page))
        RESENT.inc(resent)
        return resent


async def found_shop(outbox: Outbox, settings: Settings) -> None:
    """At the first start: the first shop and the administrator's key."""
    key = settings.api_key.get_secret_value() if settings.api_key else None
    async with outbox.transaction() as tx:
        if await found(tx, key, demonstration=settings.seed, public_url=settings.public_url or ""):
            log.info("orders.founded", shop=FIRST_SHOP)


async def publish_shops(outbox: Outbox) -> None:
    """Say all shops: at the start, for the sake of services that were new or had lost them, and from time to time."""
    async with outbox.transaction(batch=True) as tx:
        for body in (await tx.execute(select(shops.c.body))).scalars():
            tx.send(Shop.decode(body))


async def expire_payment_terms(outbox: Outbox) -> None:
    """Cancel what waited too long for its payment."""
    found = PAGE
    while found == PAGE:
        async with outbox.transaction(batch=True) as tx:
            found = await expire_terms(tx, PAGE)


async def count_changed(outbox: Outbox) -> None:
    """Bring the statistics up to date with the orders that changed."""
    found = PAGE
    while found >= PAGE:
        async with outbox.transaction(batch=True) as tx:
            found = await count_orders(tx, PAGE)


async def continue_resync(outbox: Outbox, per_second: int) -> None:
    """A second's worth of what `comptoir resync` asked for."""
    async with outbox.transaction(batch=True) as tx:
        await continue_resyncs(tx, per_second)


async def send_account_links(outbox: Outbox, settings: Settings) -> None:
    """Make the links to the client space that were asked for."""
    found = PAGE
    while found == PAGE:
        async with outbox.transaction(batch=True) as tx:
            found = await send_links(tx, settings, PAGE)


async def forget_accounts(outbox: Outbox) -> None:
    """Forget links and sessions of the client space that are long over."""
    async with outbox.transaction(batch=True) as tx:
        await forget_expired(tx)
