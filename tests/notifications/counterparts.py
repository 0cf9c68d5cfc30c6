"""What the clients' tests talk to where no server can show the fault: a vendor that answers what a test scripts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import orjson
from pydantic import SecretStr

from services.notifications.channels.documents import NotHad
from services.notifications.domain.payloads import Letter, Note, Packed, Shipment, Words
from services.notifications.domain.results import Attachment, Call
from services.notifications.settings import AmazonAccount, EbayAccount, TwilioAccount
from tests.notifications.driver import NOON

SECRET = SecretStr("hush")

Script = Callable[[httpx.Request], httpx.Response]


class Scripted(httpx.AsyncBaseTransport):
    """A vendor that answers each request with the next item: a response, an exception to raise, or a function.

    Token requests are answered by themselves, and counted in `tokens`.
    """

    def __init__(self, *answers: httpx.Response | Exception | Script) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.tokens = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if request.url.path.endswith("/token"):
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"token-{self.tokens}", "expires_in": 3600})
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    @property
    def methods(self) -> list[str]:
        return [request.method for request in self.requests]


def amazon_account(base_url: str = "http://amazon.invalid", **changes: Any) -> AmazonAccount:
    return AmazonAccount(
        base_url=base_url, token_url=f"{base_url}/auth/o2/token", client_id="id", client_secret=SECRET,
        refresh_token=SECRET, **changes,
    )  # fmt: skip


def ebay_account(base_url: str = "http://ebay.invalid", **changes: Any) -> EbayAccount:
    return EbayAccount(
        base_url=base_url, token_url=f"{base_url}/identity/v1/oauth2/token", client_id="id", client_secret=SECRET,
        refresh_token=SECRET, **changes,
    )  # fmt: skip


def twilio_account(base_url: str = "http://twilio.invalid", **changes: Any) -> TwilioAccount:
    values: dict[str, Any] = {"account_sid": f"AC{'0' * 32}", "auth_token": SECRET, "sender": "+33700000000"}
    return TwilioAccount(base_url=base_url, **values | changes)


def words(**changes: Any) -> Words:
    values: dict[str, Any] = {
        "code": "CO-1",
        "placed_at": NOON,
        "currency": "EUR",
        "language": "fr",
        "timezone": "Europe/Paris",
        "shop": "La Cave",
        "shop_url": "https://cave.example.com",
        "status": "Reçue",
        "client": "Camille Dubois",
        "net": 123450,
        "tax": 24690,
        "gross": 148140,
    }
    return Words(**values | changes)


def letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "role": "client",
        "to": ("camille@example.com",),
        "name": "Camille Dubois",
        "sender": "cave@example.com",
        "subject": "Votre commande {{ order.code }}",
        "body": "Merci {{ customer.name }}.",
        "message": "",
        "words": words(),
    }
    return Letter(**values | changes)


def note(**changes: Any) -> Note:
    values: dict[str, Any] = {"phone": "06 12 34 56 78", "region": "FR", "body": "Commande {{ order.code }}"}
    return Note(words=words(), **values | changes)


def shipment(**changes: Any) -> Shipment:
    values: dict[str, Any] = {
        "order": "902-1106328-1059050",
        "number": 1,
        "carrier": "Colissimo",
        "tracking_number": "6A-0001 2345",
        "shipped_at": NOON,
        "items": (Packed("79039765272157", 1),),
    }
    return Shipment(**values | changes)


def call(payload: Any, unsure_since: datetime | None = None) -> Call:
    """The payload as it comes from the database: plain JSON."""
    return Call("0190-delivery", "CO-1", orjson.loads(orjson.dumps(payload)), unsure_since)


async def nothing(document: Attachment) -> bytes:
    """Billing, where it has no such document."""
    raise NotHad(f"there is no {document.number}", for_good=True)
