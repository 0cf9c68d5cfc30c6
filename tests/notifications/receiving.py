"""A receiver of webhooks and of push messages: a real HTTP server on loopback that keeps what it got; and a browser.

What it answers is scripted per path; without a script it is 200. A shop's webhook is made by `listen`.
"""

import asyncio
import base64
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import http_ece
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.runtime.http import Server
from tests.notifications.driver import Driver

WEBHOOKS = "/api/v1/notifications/webhooks"
PUSH = "/api/v1/notifications/push"
PORT = 0


@dataclass(frozen=True, slots=True)
class Got:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return orjson.loads(self.body)


@dataclass(slots=True)
class Receiver:
    """What came in, newest last; `script` has the next answers by path, the last one stays."""

    got: list[Got] = field(default_factory=list)
    script: defaultdict[str, list[Response]] = field(default_factory=lambda: defaultdict(list))
    held: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    def answer(self, *statuses: int, path: str = "/hook", body: str = "", **headers: str) -> None:
        """Answer so from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.script[path] = [Response(body, status, named) for status in statuses]

    def documents(self, path: str = "/hook") -> list[Any]:
        return [got.document for got in self.got if got.path == path]

    def types(self, path: str = "/hook") -> list[tuple[str, str]]:
        """(code, type) of what came."""
        return [(one["data"]["code"], one["type"]) for one in self.documents(path)]

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.got.append(Got(request.url.path, dict(request.headers), body))
        if request.url.path == "/slow":
            await self.held.wait()
        answers = self.script[request.url.path]
        if not answers:
            return Response("ok")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["GET", "POST"])])
    server = Server(app, "127.0.0.1", PORT, shutdown_seconds=1)
    await server.start()
    receiver.url = f"http://127.0.0.1:{server.port}"
    try:
        yield receiver
    finally:
        receiver.held.set()
        await server.stop()


async def listen(house: Driver, receiver: Receiver, path: str = "/hook", **wanted: Any) -> dict[str, Any]:
    """A webhook endpoint of the shop that leads to the receiver; as the API answered it."""
    answer = await house.http.post(WEBHOOKS, json={"url": f"{receiver.url}{path}", **wanted})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser holds of its subscription."""

    key: ec.EllipticCurvePrivateKey
    auth: bytes

    @property
    def p256dh(self) -> str:
        return text_of(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def subscription(self, address: str, **wanted: Any) -> dict[str, Any]:
        """As `PushSubscription.toJSON()`, and what its operator wants."""
        keys = {"p256dh": self.p256dh, "auth": text_of(self.auth)}
        return {"endpoint": address, "expirationTime": None, "keys": keys, **wanted}

    def read(self, body: bytes) -> Any:
        """Decrypt a message as the browser does."""
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return orjson.loads(plain)


async def subscribe(house: Driver, receiver: Receiver, browser: Browser, path: str = "/send/1", **wanted: Any) -> Any:
    answer = await house.http.post(
        f"{PUSH}/subscriptions", json=browser.subscription(f"{receiver.url}{path}", **wanted)
    )
    assert answer.status_code == 201, answer.text
    return answer.json()
