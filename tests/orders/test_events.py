"""Live messages: real streams over real connections, cut, resumed, slow, refused, and ended with the process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from deploy.local.gateway import application
from services.orders.api import feed
from services.orders.settings import Settings
from services.orders.wiring import build
from shared.broker.embedded import EmbeddedBroker
from shared.runtime.http import Server
from shared.web.routes import SERVICES
from tests.eventually import eventually
from tests.orders.driver import Clock, Driver, Json

KEY = "a-secret-of-the-administrator"
OTHERS_KEY = "a-secret-of-the-other-shop"
NEVER = 3600.0
SOON = 0.1


class Stream:
    """One listener, as a browser is one: it remembers the last id."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id: str | None = None
        self.heartbeats = 0
        self._lines = answer.aiter_lines()

    async def event(self) -> Json:
        """The next event; fails after a while without one."""
        found: Json = await asyncio.wait_for(anext(self._events()), 20)
        return found

    async def until_told(self, codes: set[str]) -> dict[str, Json]:
        """Events until all these orders were among them: the last event of each order."""
        told: dict[str, Json] = {}
        while not codes <= told.keys():
            found = await self.event()
            told[found["code"]] = found
        return told

    async def ended(self) -> bool:
        """Whether the stream comes to its regular end."""

        async def rest() -> None:
            async for _event in self._events():
                pass

        await asyncio.wait_for(rest(), 20)
        return True

    async def _events(self) -> AsyncIterator[Json]:
        fields: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if line == ":":
                self.heartbeats += 1
            elif line:
                fields[name] = value
            else:
                self.last_id = fields.get("id", self.last_id)
                if "data" in fields:
                    assert fields["event"] == "order.changed"
                    yield json.loads(fields["data"])
                fields = {}


class Live:
    """Servers of the tests, each with an address of its own, on one database."""

    def __init__(self, database_url: str, stack: AsyncExitStack) -> None:
        self.clock = Clock()
        self._database_url = database_url
        self._stack = stack

    async def process(self, *, sweep: float = SOON, heartbeat: float = NEVER, **more: Any) -> Driver:
        """One orders process, as `Driver` drives it."""
        settings = Settings(
            database_url=self._database_url,
            sqlite_synchronous="OFF",
            event_sweep_seconds=sweep,
            heartbeat_seconds=heartbeat,
            **more,
        )
        driver = Driver(build(settings, self.clock), self.clock)
        self._stack.push_async_callback(driver.close)
        return driver

    async def serve(self, app: Any) -> str:
        """The address of a server for this application."""
        server = Server(app, "127.0.0.1", 0)
        await server.start()
        self._stack.push_async_callback(server.stop)
        return f"http://127.0.0.1:{server.port}"

    async def url(self, driver: Driver) -> str:
        """The address of a process, whose streams end before its server does."""
        found = await self.serve(driver.service.app)
        self._stack.callback(driver.service.end_streams)
        return found

    @asynccontextmanager
    async def listening(self, url: str, *, since: str | None = None, key: str = KEY) -> AsyncIterator[Stream]:
        """A client that has got the first bytes of its stream."""
        headers = {"Authorization": f"Bearer {key}"} | ({"Last-Event-ID": since} if since else {})
        async with (
            httpx.AsyncClient(base_url=url, timeout=30, headers=headers) as client,
            client.stream("GET", "/api/v1/orders/events") as answer,
        ):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            stream = Stream(answer)
            lines = [await anext(stream._lines) for _ in range(3)]
            assert lines[0].startswith("retry: ")
            stream.last_id = lines[1].removeprefix("id: ")
            yield stream


@pytest.fixture
async def live(database_url: str) -> AsyncIterator[Live]:
    async with AsyncExitStack() as stack:
        yield Live(database_url, stack)


@pytest.fixture
async def orders(live: Live) -> Driver:
    """One process with two shops, which sweeps soon."""
    driver = await live.process()
    await driver.open_shop("other", OTHERS_KEY)
    await driver.open_shop("cave", KEY)
    return driver


@pytest.mark.row("S2-11")
@pytest.mark.parametrize("through", ["service", "gateway"])
async def test_a_live_message_arrives_for_each_change(live: Live, orders: Driver, through: str) -> None:
    url = await live.url(orders)
    if through == "gateway":
        url = await live.serve(application(dict.fromkeys(SERVICES, url)))
    async with live.listening(url) as page, live.listening(url, key=OTHERS_KEY) as stranger:
        made = await orders.place()
        told = await page.event()
        assert told == {"code": made["code"], "revision": 1, "status": "received", "kind": "created"}
        first = page.last_id
        moved = await orders.move(made["code"], "processing")
        told = await page.event()
        assert (told["kind"], told["status"], told["revision"]) == ("changed", "processing", moved["revision"])
        assert page.last_id != first
        await orders.hear(orders.reservation(moved))
        assert (await page.event())["kind"] == "changed"
        await orders.http.request("DELETE", f"/api/v1/orders/{made['code']}", json={"decision": {"stock": "all"}})
        assert (await page.event())["kind"] == "deleted"
        orders.http = orders.client(OTHERS_KEY)
        theirs = await orders.place()
        assert (await stranger.event())["code"] == theirs["code"], "and nothing of the other shop before it"


async def test_an_interruption_loses_nothing(live: Live, orders: Driver) -> None:
    """Whatever changed meanwhile is told, deleted orders too, and what was committed later than its time says."""
    url = await live.url(orders)
    gone, moved = await orders.place(), await orders.place()
    orders.clock.advance(hours=1)
    async with live.listening(url) as page:
        seen = await orders.place()
        await page.event()
    orders.clock.advance(seconds=-20)
    late = await orders.place()
    orders.clock.advance(hours=5)
    made = {(await orders.place())["code"] for _ in range(5)}
    await orders.move(moved["code"], "ready")
    await orders.http.request("DELETE", f"/api/v1/orders/{gone['code']}", json={"decision": {"stock": "all"}})
    expected = made | {late["code"], moved["code"], gone["code"]}
    async with live.listening(url, since=page.last_id) as page:
        told = await page.until_told(expected)
        assert set(told) <= expected | {seen["code"]}
        assert {told[code]["kind"] for code in made} == {"created"}
        assert (told[moved["code"]]["kind"], told[gone["code"]]["kind"]) == ("changed", "deleted")
        again = await orders.place()
        assert (await page.until_told({again["code"]}))[again["code"]]["kind"] == "created"
    async with live.listening(url, since=page.last_id) as page:
        assert set(await page.until_told({again["code"]})) <= {again["code"], *expected}


async def test_who_was_never_told_anything_comes_back_as_well(live: Live, orders: Driver) -> None:
    url = await live.url(orders)
    async with live.listening(url) as page:
        assert page.last_id
    made = await orders.place()
    async with live.listening(url, since=page.last_id) as page:
        assert (await page.event())["code"] == made["code"]


async def test_other_processes_changes_are_told(live: Live, orders: Driver) -> None:
    """No hint of this one comes over: the sweep finds it."""
    other = await live.process()
    async with live.listening(await live.url(orders)) as page:
        made = await other.place()
        assert (await page.event())["code"] == made["code"]
        await other.move(made["code"], "ready")
        assert (await page.event())["status"] == "ready"


async def test_hints_travel_between_processes(live: Live, orders: Driver) -> None:
    broker = EmbeddedBroker()
    await broker.start()
    live._stack.push_async_callback(broker.stop)
    here, there = [await live.process(sweep=NEVER, amqp_url=broker.url) for _ in range(2)]
    for driver in (here, there):
        driver.service.bus.hints.wanted = True
        driver.service.bus.silence()
        await driver.service.outbox.start()
        await driver.service.bus.start()
        await driver.service.bus.connected.wait()
    async with live.listening(await live.url(here)) as page:
        made = await there.place()
        assert (await page.event())["code"] == made["code"]


async def test_a_slow_reader_holds_up_nobody_and_catches_up(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three that take nothing, one connection to the database, a memory of five events: all are told everything."""
    monkeypatch.setattr(feed, "KEPT", 5)
    orders = await live.process(pool_size=1)
    await orders.open_shop("cave", KEY)
    reading = asyncio.Event()
    taken: list[list[bytes]] = [[], [], []]
    slow = [asyncio.create_task(_listen(orders, reading, chunks)) for chunks in taken]
    await eventually(lambda: all(taken))
    async with live.listening(await live.url(orders)) as page:
        made = {(await orders.place())["code"] for _ in range(20)}
        await page.until_told(made)
        assert [len(chunks) for chunks in taken] == [1, 1, 1]
        reading.set()
        await eventually(lambda: all(code in str(chunks) for chunks in taken for code in made))
    orders.service.end_streams()
    await asyncio.gather(*slow)


async def _listen(orders: Driver, reading: asyncio.Event, taken: list[bytes]) -> None:
    """A client that takes one piece, and nothing more until `reading` is set."""
    headers = [(b"host", b"orders"), (b"authorization", b"Bearer " + KEY.encode())]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/orders/events",
        "raw_path": b"/api/v1/orders/events",
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
    }

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if message.get("body"):
            taken.append(message["body"])
            await reading.wait()

    await orders.service.app(scope, receive, send)


async def test_a_silent_stream_has_heartbeats_and_ends_with_its_key(live: Live, orders: Driver) -> None:
    talking = await live.process(heartbeat=SOON)
    made = (await talking.http.post("/api/v1/keys", json={"name": "till", "scopes": ["orders:read"]})).json()
    async with live.listening(await live.url(talking), key=made["key"]) as page:
        listening = asyncio.create_task(page.ended())
        await eventually(lambda: page.heartbeats > 1)
        await talking.http.delete(f"/api/v1/keys/{made['id']}")
        assert await listening


async def test_streams_end_with_the_process(live: Live, orders: Driver) -> None:
    server = Server(orders.service.app, "127.0.0.1", 0, shutdown_seconds=60)
    await server.start()
    async with live.listening(f"http://127.0.0.1:{server.port}") as page:
        orders.service.end_streams()
        await asyncio.wait_for(server.stop(), 20)
        assert await page.ended()


@pytest.mark.parametrize("since", ["yesterday", "2026-06-01T12:00:00/ABC/1", "9999-06-01T12:00:00+00:00/A/1", "/"])
async def test_an_odd_id_is_refused(orders: Driver, since: str) -> None:
    answer = await orders.http.get("/api/v1/orders/events", headers={"Last-Event-ID": since})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Last-Event-ID")


async def test_reading_orders_is_needed(orders: Driver) -> None:
    made = (await orders.http.post("/api/v1/keys", json={"name": "stock", "scopes": ["inventory:read"]})).json()
    assert (await orders.client(made["key"]).get("/api/v1/orders/events")).status_code == 403
