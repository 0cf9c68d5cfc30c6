"""The gateway passes on what it gets, as it came, and a service that is down costs its own paths alone."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from deploy.local.gateway import application
from shared.web.routes import SERVICES, service_for


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """A real server on a port the system chose: streaming and disconnects are what is tested here."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, log_level="error", lifespan="on", timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await asyncio.wait_for(task, 10)


class Service:
    """A counterpart that tells what it was asked, and knows when an event stream's reader has gone."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.reader_left = asyncio.Event()
        self.ready = True
        methods = ["GET", "POST"]
        self.app = Starlette(
            routes=[
                Route("/readyz", self.readyz),
                Route("/h/events", self.events),
                Route("/h/cookies", self.cookies),
                Route("/{path:path}", self.echo, methods=methods),
            ]
        )

    async def readyz(self, request: Request) -> Response:
        if self.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "waiting", "reason": "the seed"}, 503)

    async def echo(self, request: Request) -> Response:
        target = request.scope["raw_path"].decode() + "?" + request.scope["query_string"].decode()
        size = sum([len(chunk) async for chunk in request.stream()])
        return JSONResponse({"service": self.name, "target": target, "size": size, "headers": dict(request.headers)})

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._until_left(), media_type="text/event-stream")

    async def _until_left(self) -> AsyncIterator[str]:
        try:
            yield "data: one\n\n"
            await asyncio.Event().wait()
        finally:
            self.reader_left.set()

    async def cookies(self, request: Request) -> Response:
        answer = PlainTextResponse("two cookies")
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer


@pytest.fixture(scope="module")
def orders() -> Service:
    return Service("orders")


@pytest.fixture(scope="module")
async def front(orders: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway; orders and billing run, the other two are down."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    async with serving(orders.app) as orders_url, serving(Service("billing").app) as billing_url:
        addresses = dict.fromkeys(SERVICES, nobody) | {"orders": orders_url, "billing": billing_url}
        async with serving(application(addresses)) as url, httpx.AsyncClient(base_url=url, timeout=10) as client:
            yield client


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "orders"),
        ("/api/v1/orders/AB12/status", "orders"),
        ("/h/orders", "orders"),
        ("/api/v1/inventory/stock/x%2Fy", "inventory"),
        ("/api/v1/inventory", "inventory"),
        ("/api/v1/inventory-report", "orders"),
        ("/api/v1/billing/documents", "billing"),
        ("/sandbox/mail/calls", "notifications"),
        ("/docs/billing/openapi.json", "billing"),
        ("/docs", "orders"),
    ],
)
def test_the_longest_prefix_decides(path: str, service: str) -> None:
    assert service_for(path) == service


async def test_path_and_query_arrive_as_they_were_sent(front: httpx.AsyncClient) -> None:
    answer = (await front.get("/api/v1/billing/a%2Fb%20c?x=1%26&x=2")).json()
    assert (answer["service"], answer["target"]) == ("billing", "/api/v1/billing/a%2Fb%20c?x=1%26&x=2")


async def test_headers_tell_the_service_who_asked_and_nothing_is_invented(front: httpx.AsyncClient) -> None:
    request = httpx.Request("GET", front.base_url.join("/api/v1/orders"), headers={"Host": "shop.example"})
    headers = (await front.send(request)).json()["headers"]
    assert headers["host"] == headers["x-forwarded-host"] == "shop.example"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert "accept-encoding" not in headers


@pytest.mark.parametrize("chunked", [True, False])
async def test_bodies_arrive_whole(front: httpx.AsyncClient, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    answer = await front.post("/api/v1/orders", content=pieces() if chunked else b"x" * 2_000_000)
    assert answer.json()["size"] == 2_000_000


async def test_every_cookie_comes_back(front: httpx.AsyncClient) -> None:
    answer = await front.get("/h/cookies")
    assert len(answer.headers.get_list("set-cookie")) == 2
    assert answer.text == "two cookies"


async def test_events_come_at_once_and_the_stream_ends_with_its_reader(
    front: httpx.AsyncClient, orders: Service
) -> None:
    async with front.stream("GET", "/h/events") as answer:
        assert await anext(answer.aiter_lines()) == "data: one"
    await asyncio.wait_for(orders.reader_left.wait(), 5)


async def test_a_service_that_is_down_is_a_problem_of_its_own_paths(front: httpx.AsyncClient) -> None:
    down = await front.get("/api/v1/inventory/stock/1")
    assert down.status_code == 502
    assert down.headers["content-type"] == "application/problem+json"
    assert "inventory" in down.json()["detail"]
    assert (await front.get("/api/v1/orders")).status_code == 200


async def test_readiness_is_that_of_the_whole(front: httpx.AsyncClient) -> None:
    answer = await front.get("/readyz")
    said = answer.json()["services"]
    assert answer.status_code == 503
    assert said["orders"] == "ready"
    assert said["inventory"].startswith("not reachable")


async def test_all_ready_is_ready() -> None:
    orders = Service("orders")
    async with (
        serving(orders.app) as url,
        serving(application(dict.fromkeys(SERVICES, url))) as front,
        httpx.AsyncClient(base_url=front) as client,
    ):
        assert (await client.get("/readyz")).status_code == 200
        orders.ready = False
        waiting = await client.get("/readyz")
        assert waiting.status_code == 503
        assert waiting.json()["services"]["billing"] == "the seed"
