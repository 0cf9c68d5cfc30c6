"""The jobs that every service has: outbox sweep, digests, dead letters, retention of idempotency keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from prometheus_client import Gauge
from sqlalchemy import func, select

from shared.batch import parked
from shared.batch.parking import park_broken
from shared.outbox.digest import publish_digest
from shared.runtime.jobs import Job
from shared.web.idempotency import forget_keys

if TYPE_CHECKING:
    from shared.runtime import Service

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
    """The first digest after a start covers two days, the later ones the standing windows."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._first = True

    async def publish(self) -> None:
        if self._service.answers is None or not self._service.bus.connected.is_set():
            return
        await publish_digest(self._service.outbox, self._service.bus, since=timedelta(days=2) if self._first else None)
        self._first = False


async def park_dead_letters(service: Service) -> None:
    """Move what fell past the delivery limit into the parked table, where a person finds it."""
    for dead in await service.bus.take_dead():
        async with service.outbox.transaction(batch=True) as tx:
            await park_broken(tx, dead.message, dead.body, "delivered too often without an end", tx.now)
        await dead.acknowledge()
    async with service.db.read() as conn:
        PARKED.labels(service.name).set((await conn.execute(select(func.count()).select_from(parked))).scalar_one())


async def forget_idempotency_keys(service: Service) -> None:
    async with service.outbox.transaction() as tx:
        await forget_keys(tx, service.settings.keep_idempotency_hours)
