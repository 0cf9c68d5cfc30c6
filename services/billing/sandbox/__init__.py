"""A payment provider for `make run` and the tests: Stripe-shaped, with cards that do what they are told.

It knows Stripe's protocol and nothing of our types. Below `/sandbox/payments` stand its API, the page on which clients
pay (`/sandbox/payments/pay/…`), and a page of every call it was asked and every event it sent, with switches for faults
(`GET …/calls`, `PUT …/fault`). `bank` is its memory, `api` its protocol, `pages` what people see.
"""

from collections.abc import Callable

import httpx
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from services.billing.payments.signatures import sign
from services.billing.sandbox.api import api_router
from services.billing.sandbox.bank import Bank
from services.billing.sandbox.pages import pages_router
from services.billing.settings import StripeAccount
from shared.database import Clock
from shared.observability import get_logger
from shared.web.sandbox import Ledger, control_router

log = get_logger(__name__)

ORIGIN = "http://sandbox.invalid"
KEY = SecretStr("sk_sandbox")
SECRET = "whsec_sandbox"  # noqa: S105 - of a sandbox
WEBHOOK = "/api/v1/billing/stripe/sandbox/webhook"
EVENT_SECONDS = 10.0


class PaymentSandbox:
    """The provider. `app` is the application that its events are for, in memory like the calls."""

    def __init__(self, clock: Clock, app: Callable[[], FastAPI]) -> None:
        self.ledger = Ledger("payments", clock)
        self.bank = Bank(clock)
        self._clock = clock
        self._app = app
        self.routers: list[APIRouter] = [
            control_router(self.ledger),
            api_router(self.bank, self.ledger, KEY.get_secret_value()),
            pages_router(self.bank, self.ledger),
        ]

    @property
    def account(self) -> StripeAccount:
        """The account that leads here; its pages stand where ours do."""
        base = f"{ORIGIN}/sandbox/payments"
        return StripeAccount(secret_key=KEY, webhook_secret=SecretStr(SECRET), base_url=base, pages="'self'")

    def transport(self) -> httpx.AsyncBaseTransport:
        """How our client reaches it without a socket."""
        app = FastAPI(openapi_url=None)
        for router in self.routers:
            app.include_router(router)
        return httpx.ASGITransport(app=app, raise_app_exceptions=False)

    async def deliver(self) -> None:
        """Send the events that were not taken yet, in the order in which they happened."""
        transport = httpx.ASGITransport(app=self._app(), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, timeout=EVENT_SECONDS) as client:
            for event, body in self.bank.unsent():
                headers = {"Stripe-Signature": sign(body, SECRET, self._clock()), "Content-Type": "application/json"}
                try:
                    answer = await client.post(WEBHOOK, content=body, headers=headers)
                except httpx.HTTPError as error:
                    log.warning("sandbox.event_not_taken", error=error)
                    return
                sent = {"method": "POST", "path": WEBHOOK, "body": event}
                self.ledger.write(Bank.order_in(event), sent, {"status": answer.status_code, "body": None})
                if not answer.is_success:
                    return
                self.bank.sent(event["id"])
