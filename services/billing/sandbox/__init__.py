"""A payment provider for `make run` and the tests: Stripe-shaped, with cards that do what they are told.

It knows Stripe's protocol and nothing of our types. Below `/sandbox/payments` stand its API, the page on which clients
pay (`/sandbox/payments/pay/…`), and a page of every call it was asked and every event it sent, with switches for faults
(`GET …/calls`, `PUT …/fault`). `bank` is its memory, `api` its protocol, `pages` what people see.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from services.billing.domain.charging import pause
from services.billing.payments.signatures import sign
from services.billing.sandbox import api, pages
from services.billing.sandbox.api import Calls
from services.billing.sandbox.bank import Bank, Document
from services.billing.settings import StripeAccount
from shared.database import Clock
from shared.observability import get_logger
from shared.web.sandbox import InMemory, Ledger, control_router

log = get_logger(__name__)

NAME = "payments"
ORIGIN = "http://sandbox.invalid"
KEY = SecretStr("sk_sandbox")
SECRET = "whsec_sandbox"  # noqa: S105 - of a sandbox
WEBHOOK = "/api/v1/billing/stripe/sandbox/webhook"
EVENT_SECONDS = 10.0
EVENT_ATTEMPTS = 7
"""Two minutes of them, as they are ever further apart."""


routers: list[APIRouter] = [control_router(NAME), api.router, pages.router]
"""They ask `app.state` for what `PaymentSandbox.state` holds."""


class PaymentSandbox:
    """The provider. `app` is the application that its events are for, in memory like the calls."""

    def __init__(self, clock: Clock, app: Callable[[], FastAPI]) -> None:
        self.ledger = Ledger(NAME, clock)
        self.bank = Bank(clock)
        self._clock = clock
        self._app = app
        self._refusals = 0
        self._resumes_at = datetime.min.replace(tzinfo=UTC)
        self.state = {
            "payment_sandbox": Calls(self.bank, self.ledger, KEY.get_secret_value()),
            "ledgers": {self.ledger.name: self.ledger},
        }

    @property
    def account(self) -> StripeAccount:
        """The account that leads here; its pages stand where ours do."""
        base = f"{ORIGIN}/sandbox/payments"
        return StripeAccount(secret_key=KEY, webhook_secret=SecretStr(SECRET), base_url=base, pages="'self'")

    def transport(self) -> httpx.AsyncBaseTransport:
        """How our client reaches it without a socket."""
        app = FastAPI(openapi_url=None)
        for router in routers:
            app.router.routes.extend(router.routes)
        for name, value in self.state.items():
            setattr(app.state, name, value)
        return InMemory(app)

    async def deliver(self) -> None:
        """Send the events that were not taken yet, in the order in which they happened.

        One that is refused is tried again after a pause, and holds the later ones up until it is given up.
        """
        if self._clock() < self._resumes_at:
            return
        transport = httpx.ASGITransport(app=self._app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, timeout=EVENT_SECONDS) as client:
            for event, body in self.bank.unsent():
                if not await self._send(client, event, body):
                    self._refusals += 1
                    self._resumes_at = self._clock() + pause(self._refusals, None)
                    if self._refusals < EVENT_ATTEMPTS:
                        return
                    log.warning("sandbox.event_given_up", attempts=self._refusals)
                self._refusals = 0
                self.bank.sent(event["id"])

    async def _send(self, client: httpx.AsyncClient, event: Document, body: bytes) -> bool:
        """One event to our webhook; whether it was taken."""
        headers = {"Stripe-Signature": sign(body, SECRET, self._clock()), "Content-Type": "application/json"}
        try:
            answer = await client.post(WEBHOOK, content=body, headers=headers)
        except httpx.HTTPError as error:
            log.warning("sandbox.event_not_taken", error=error)
            return False
        sent = {"method": "POST", "path": WEBHOOK, "body": event}
        self.ledger.write(Bank.order_in(event), sent, {"status": answer.status_code, "body": None})
        return answer.is_success
