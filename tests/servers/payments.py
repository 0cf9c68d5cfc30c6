"""The payment provider as fault runs meet it: the sandbox behind a port of its own, which outlives whoever calls it.

It speaks Stripe's protocol and knows none of our types (`services.billing.sandbox`); what was really opened and paid
back stands in `bank`.
"""

import json

from fastapi import FastAPI

from services.billing.sandbox.api import Calls, router
from services.billing.sandbox.bank import Bank
from shared.database import utcnow
from shared.runtime.http import Server
from shared.web.sandbox import Ledger

KEY = "sk_of_the_fault_runs"


class PaymentProvider:
    """One provider for a test process."""

    def __init__(self) -> None:
        self.bank = Bank(utcnow)
        self._ledger = Ledger("payments", utcnow)
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        app.state.payment_sandbox = Calls(self.bank, self._ledger, KEY)
        self._server = Server(app, "127.0.0.1", 0, shutdown_seconds=1)

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    def calls(self, ending: str) -> int:
        """How often it was asked to change something at a path that ends so."""
        calls = self._ledger.newest(len(self._ledger))
        return sum(call.request["path"].endswith(ending) for call in calls)

    def settings(self) -> dict[str, str]:
        """The environment of a billing process whose clients pay here."""
        base = f"http://127.0.0.1:{self._server.port}/sandbox/payments"
        account = {"secret_key": KEY, "webhook_secret": "whsec_of_the_fault_runs", "base_url": base}
        return {"COMPTOIR_STRIPE": json.dumps(account)}
