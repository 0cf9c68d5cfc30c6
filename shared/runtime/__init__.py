"""A running service: its database, its place on the bus, its consumers, jobs and HTTP application, started in order.

`services/<name>/wiring.py` assembles one; `services/__main__.py` starts one or all. Every service gets the same
machinery here (shops, outbox sweep, digests, dead letters, retention, operations endpoints), so that a wiring names
only what is its own. Neighbours: `jobs` (the timer loop), `machinery` (the jobs all services share), `http` (serving).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from importlib.metadata import version
from typing import Any, Protocol

from fastapi import APIRouter, FastAPI

from shared.batch import Consumer
from shared.broker import Bus, Subscription
from shared.broker.topology import EXCHANGE
from shared.contracts import Answer, Digest, Message, Shop
from shared.crashpoints import crash_point
from shared.database import Clock, Database, utcnow
from shared.database.migrations import is_current, upgrade
from shared.observability import get_logger
from shared.outbox import Outbox, Transaction
from shared.runtime.jobs import Job, run_jobs
from shared.runtime.machinery import shared_jobs
from shared.security import Keyring, any_shop, hear_shops
from shared.settings import Settings
from shared.web import create_app
from shared.web.documentation import documentation_router
from shared.web.health import router as health
from shared.web.operations import operations_router

__all__ = ["EXCHANGE", "ROLES", "Hearing", "Job", "Service"]

log = get_logger(__name__)

LAST_SECONDS = 0.5
ROLES = frozenset({"api", "consumer", "worker"})


class Hearing(Protocol):
    """Something that deals with one kind of message: a `Consumer`, or a plain handler of digests."""

    async def submit(self, body: bytes) -> None: ...

    async def stop(self) -> None: ...


class Service:
    """One of the four.

    `hears` are the service's consumers; `publishes` the messages it speaks; `answers` the kind of answer it gives to
    orders, if any; `on_start` runs after the migrations, before anything else, `on_stop` when nothing is heard and no
    job runs any more; `on_closing` ends the answers that would never end.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        publishes: Sequence[type[Message] | type[Digest]],
        clock: Clock = utcnow,
        bus: Bus | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.clock = clock
        self.publishes = tuple(publishes)
        url = settings.database(name)
        self.db = Database(
            url, pool_size=settings.pool_size, synchronous=settings.sqlite_synchronous, application=f"comptoir-{name}"
        )
        self.bus = bus or Bus(settings.amqp_url or "", service=name, prefetch=settings.prefetch)
        self.bus.speak_to(Subscription(hearer, kind.name) for kind in publishes for hearer in kind.heard_by)
        self.outbox = Outbox(self.db, self.bus, clock=clock)
        self.keyring = Keyring(self.db, clock)
        self.hears: dict[str, Hearing] = {}
        self.routers: list[APIRouter] = []
        self.uploads: dict[str, int] = {}
        self.jobs: list[Job] = shared_jobs(self)
        self.on_start: list[Callable[[], Awaitable[None]]] = []
        self.on_stop: list[Callable[[], Awaitable[None]]] = []
        self.on_closing: list[Callable[[], None]] = []
        self.readiness: list[Callable[[], Awaitable[str | None]]] = []
        self.state: dict[str, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._app: FastAPI | None = None

    @property
    def answers(self) -> type[Answer] | None:
        """The kind of answer this service gives to orders."""
        return next((kind for kind in self.publishes if issubclass(kind, Answer)), None)

    def hear(self, message: type[Message], converge: Callable[..., Awaitable[None]], **options: Any) -> None:
        """Have `converge(tx, messages)` called for every batch of a message (see `shared.batch.Consumer`)."""
        consumer: Consumer[Any, Transaction] = Consumer(
            message, self.outbox.transaction, converge, limit=self.settings.batch_limit, **options
        )
        self.hear_with(message.name, consumer)

    def hear_with(self, name: str, hearing: Hearing) -> None:
        """Subscribe a hearing of its own kind."""
        self.hears[name] = hearing
        self.bus.subscribe(Subscription(self.name, name), hearing.submit)

    def hear_of_shops(self) -> None:
        """Every service but orders learns of shops from their message."""
        self.hear(Shop, self._on_shop)
        self.readiness.append(self._no_shop_yet)

    async def _no_shop_yet(self) -> str | None:
        """Without a shop there is no key that could be verified (a first start; a moment later there is)."""
        async with self.db.read() as conn:
            return None if await any_shop(conn) else "no shop has been heard of yet"

    async def _on_shop(self, tx: Transaction, messages: Sequence[Shop]) -> None:
        await hear_shops(tx, messages)
        tx.after_commit(self.keyring.forget)

    def job(self, name: str, every: float, run: Callable[[], Awaitable[object]]) -> Job:
        """Add a job: idempotent, without input, on a timer and on `nudge()`."""
        job = Job(name, every, run)
        self.jobs.append(job)
        return job

    @property
    def app(self) -> FastAPI:
        """The HTTP application, made at the first use."""
        if self._app is None:
            routers = [*self.routers, health, operations_router(self.name)]
            if self.settings.docs:
                routers.append(documentation_router(self.name))
            self._app = create_app(
                self.name, version("comptoir"), routers, docs=self.settings.docs, uploads=self.uploads
            )
            self._app.state.keyring = self.keyring
            self._app.state.service = self
            for name, value in self.state.items():
                setattr(self._app.state, name, value)
        return self._app

    async def prepare(self) -> None:
        """Migrate the database and run what must happen before the first request."""
        await upgrade(self.db, self.name)
        for step in self.on_start:
            await step()

    async def start(self, roles: Iterable[str] = ROLES) -> None:
        """Connect, listen and work, in the given roles; returns when everything has been started."""
        roles = frozenset(roles)
        await self.prepare()
        crash_point("runtime.prepared")
        self.bus.hints.wanted = "api" in roles
        if "consumer" not in roles:
            self.bus.silence()
        await self.outbox.start()
        await self.bus.start()
        if "worker" in roles:
            self._tasks = run_jobs(self.jobs, self.name)
        log.info("service.started", service=self.name)

    def end_streams(self) -> None:
        """End the answers that go on for as long as somebody listens; the HTTP server would wait for them."""
        for end in self.on_closing:
            end()

    async def stop(self) -> None:
        """Stop hearing, finish what runs, say what is still to be said, close: within `shutdown_seconds`.

        A step that fails or takes too long does not keep the others from their turn.
        """
        deadline = asyncio.get_running_loop().time() + self.settings.shutdown_seconds
        await self._ending("hearing", asyncio.gather(*(heard.stop() for heard in self.hears.values())), deadline)
        crash_point("runtime.stopping")
        for task in self._tasks:
            task.cancel()
        await self._ending("jobs", asyncio.gather(*self._tasks, return_exceptions=True), deadline)
        for step in self.on_stop:
            await self._ending("own", step(), deadline)
        await self._ending("outbox", self.outbox.stop(), deadline)
        await self._ending("bus", self.bus.stop(), deadline)
        await self._ending("database", self.db.close(), deadline)
        log.info("service.stopped", service=self.name)

    async def _ending(self, step: str, work: Awaitable[object], deadline: float) -> None:
        """Give one step its time: what is left, and a moment even where nothing is."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(max(deadline, loop.time() + LAST_SECONDS)):
                await work
        except Exception as error:
            log.warning("service.stopped_badly", service=self.name, step=step, error=error)

    async def not_ready(self) -> str | None:
        """Why requests should not come here yet; None when they may."""
        try:
            async with asyncio.timeout(5.0):
                if not await is_current(self.db, self.name):
                    return "the database is not migrated"
                for check in self.readiness:
                    if reason := await check():
                        return reason
        except Exception as error:
            return f"the database does not answer: {type(error).__name__}"
        return None
