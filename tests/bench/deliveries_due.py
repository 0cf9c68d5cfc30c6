"""What `deliveries` lets fall due at one moment, and who takes it: three channels, three sellers of unlike size.

The counterparts are the sandboxes behind real sockets, outside the service: to it they are a relay, Amazon and a till.
They stamp what they take with the wall clock, since the service's own is virtual. `deliveries_page` writes the figures.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import NamedTuple

from fastapi import FastAPI
from pydantic import SecretStr

from services.notifications.domain.lanes import rate_of
from services.notifications.sandbox import amazon, webhooks
from services.notifications.sandbox.amazon import AmazonSandbox
from services.notifications.sandbox.mail import HOST, MailSandbox
from services.notifications.sandbox.webhooks import WebhookSandbox
from services.notifications.settings import AmazonAccount, SmtpAccount
from shared.contracts import Channel, Order, ShopKey
from shared.database import utcnow
from shared.runtime.http import Server
from shared.security import hash_key
from shared.web.sandbox import Ledger, Seen
from tests.notifications.driver import Driver, entry, marketplace_order, order, parcel, shop
from tests.notifications.receiving import PORT, WEBHOOKS

LIMITS = {
    "webhook": rate_of("webhook", "each endpoint"),
    "mail": rate_of("mail", "send"),
    "amazon": rate_of("amazon", "confirm"),
}
CHANNELS = {"webhook": 0.6, "mail": 0.3, "amazon": 0.1}
SELLERS = {"large": 0.9, "middle": 0.08, "small": 0.02}
"""Their parts of the whole."""
WARM = "warm"
"""A seller who is served before anything is measured, so that what is loaded once is loaded."""
TOGETHER = 50
SANDBOX = SecretStr("sandbox")


class Lane(NamedTuple):
    """All calls of a channel for a seller."""

    channel: str
    seller: str


class Taken(NamedTuple):
    """A call as its receiver saw it; `id` is what tells the same thing told twice."""

    lane: Lane
    id: str
    at: datetime
    accepted: bool


class Counterparts:
    """A mail server, Amazon and a receiver of webhooks that remember what came since they were last asked."""

    def __init__(self) -> None:
        self._ledgers = {channel: Ledger(channel, utcnow) for channel in CHANNELS}
        self.mail = MailSandbox(self._ledgers["mail"], utcnow)
        app = FastAPI(openapi_url=None)
        app.include_router(amazon.router)
        app.include_router(webhooks.router)
        app.state.sandbox = SimpleNamespace(
            amazon=AmazonSandbox(self._ledgers["amazon"], utcnow),
            webhooks=WebhookSandbox(self._ledgers["webhook"]),
        )
        self.server = Server(app, HOST, PORT, shutdown_seconds=1)

    @property
    def url(self) -> str:
        """Of what speaks HTTP."""
        return f"http://{HOST}:{self.server.port}/sandbox"

    @property
    def smtp(self) -> SmtpAccount:
        return SmtpAccount(host=HOST, port=self.mail.port, security="none")

    @property
    def amazon(self) -> AmazonAccount:
        return AmazonAccount(
            base_url=f"{self.url}/amazon",
            token_url=f"{self.url}/amazon/auth/o2/token",
            client_id="sandbox",
            client_secret=SANDBOX,
            refresh_token=SANDBOX,
        )

    def endpoint(self, seller: str) -> str:
        """Where a seller's webhooks go."""
        return f"{self.url}/webhooks/in/{seller}"

    def take(self) -> list[Taken]:
        """What came since the last time."""
        found = [_taken(channel, call) for channel, calls in self._ledgers.items() for call in calls.newest(len(calls))]
        for ledger in self._ledgers.values():
            ledger.clear()
        return found


@asynccontextmanager
async def counterparts() -> AsyncIterator[Counterparts]:
    """All of them, listening."""
    found = Counterparts()
    await found.mail.start()
    await found.server.start()
    try:
        yield found
    finally:
        await found.server.stop()
        await found.mail.stop()


def shares(total: int) -> dict[Lane, int]:
    """How many calls of each lane make up about so many; at least one each."""
    return {
        Lane(channel, seller): max(1, round(total * part * size))
        for channel, part in CHANNELS.items()
        for seller, size in SELLERS.items()
    }


async def open_shop(house: Driver, receivers: Counterparts, seller: str) -> None:
    """A seller with a key and an endpoint, which wants to hear of orders from the web."""
    key = ShopKey(id=seller, sha256=hash_key(seller), scopes=("admin",))
    await house.hear(shop(seller, mail_from=f"{seller}@example.com", keys=(key,)))
    answer = await house.http.post(
        WEBHOOKS,
        json={"url": receivers.endpoint(seller), "filters": {"channels": ["web"]}},
        headers={"Authorization": f"Bearer {seller}"},
    )
    assert answer.status_code == 201, answer.text


async def fall_due(house: Driver, counts: dict[Lane, int], first: int) -> None:
    """Have orders with numbers from `first` on ask for one call each, all at one moment."""
    numbered = list(_orders(counts, first))
    for start in range(0, len(numbered), TOGETHER):
        await asyncio.gather(*map(house.hear, numbered[start : start + TOGETHER]))


def _orders(counts: dict[Lane, int], number: int) -> Iterator[Order]:
    """The largest lane's first: who queues behind it is seen to."""
    for lane, count in counts.items():
        for own in range(number, number + count):
            yield _order(lane, own)
        number += count


def _order(lane: Lane, number: int) -> Order:
    if lane.channel == "amazon":
        name = f"{lane.seller}-{number}"
        return marketplace_order(Channel.AMAZON, 1, parcel(1), number=number, shop=lane.seller, external_id=name)
    if lane.channel == "mail":
        return order(number, 1, entry(number, mail=True), shop=lane.seller, channel=Channel.MANUAL)
    return order(number, 1, entry(number), shop=lane.seller)


def _taken(channel: str, call: Seen) -> Taken:
    if channel == "amazon":
        name = call.order or ""
        seller = name.partition("-")[0]
    elif channel == "mail":
        name, seller = call.request["message_id"], call.request["from"].partition("@")[0]
    else:
        name, seller = call.request["id"], call.request["path"].rpartition("/")[2]
    return Taken(Lane(channel, seller), name, call.at, 200 <= call.response["status"] < 300)
