"""The jobs that every service has: outbox sweep, digests, dead letters, retention of idempotency keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prometheus_client import Gauge
from sqlalchemy import func, select

from shared.batch import Consumer, parked
from shared.crashpoints import crash_point
from shared.outbox.digest import publish_digest
from shared.runtime.jobs import Job
from shared.web.idempotency import forget_keys

if TYPE_CHECKING:
    from shared.runtime import Service

FIRST = timedelta(days=2)
"""What the first digest after a start covers."""

PARKED = Gauge("comptoir_parked_messages", "Messages set aside for a person", ["service"])


def shared_jobs(service: Service) -> list[Job]:
    """Made with the service, before its wiring adds its own."""
    digests = _Digests(service)
    return [
        Job("sweep_outbox", 2.0, service.outbox.sweep),
        Job("publish_digests", 60.0, digests.publish),
        Job("park_dead_letters", 15.0, lambda: park_dead_letters(service)),
        Job("forget_idempotency_keys", 3600.0, lambda: forget_idempotency_keys(service)),
    ]


class _Digests:
    """The first digest after a start covers two days, the later ones the standing windows, without a gap."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._last: datetime | None = None

    async def publish(self) -> None:
        service = self._service
        if service.answers is None:
            return
        await service.bus.connected.wait()  # the one of the start must not wait for the next turn
        now = service.clock()
        every = timedelta(0) if self._last is None else now - self._last
        since = FIRST if self._last is None or every > FIRST else None
        if await publish_digest(service.outbox, service.bus, since=since, every=every):
            self._last = now


async def park_dead_letters(service: Service) -> None:
    """Move what fell past the delivery limit into the parked table, where a person finds it."""
    for dead in await service.bus.take_dead():
        hearing = service.hears.get(dead.message)
        if isinstance(hearing, Consumer):
            await hearing.set_aside(dead.body, "delivered too often without an end")
        crash_point("dead_letters.after_park")
        await dead.acknowledge()
    async with service.db.read() as conn:
        PARKED.labels(service.name).set((await conn.execute(select(func.count()).select_from(parked))).scalar_one())


async def forget_idempotency_keys(service: Service) -> None:
    async with service.outbox.transaction() as tx:
        await forget_keys(tx, service.settings.keep_idempotency_hours)
