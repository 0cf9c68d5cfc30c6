"""Counterparts for `make run`: a mail server, Twilio-, Amazon- and eBay-shaped endpoints and a receiver of webhooks.

They know the protocols and nothing of our types. Below `/sandbox/{mail|sms|amazon|ebay|webhooks}` each shows its calls
(`GET …/calls`), forgets them (`DELETE …/calls`), fails on order (`PUT …/fault`) and has a page. Our own clients reach
them in memory, at the same paths; `application` is all of them as a program of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from services.notifications.sandbox import amazon, ebay, pages, twilio, webhooks
from services.notifications.sandbox.amazon import AmazonSandbox
from services.notifications.sandbox.buying import buying_router
from services.notifications.sandbox.ebay import BASE as EBAY_BASE
from services.notifications.sandbox.ebay import INVENTORY_BASE, POST_ORDER_BASE, EbaySandbox
from services.notifications.sandbox.ebay.refunds import SIGNATURE_KEY
from services.notifications.sandbox.mail import HOST, MailSandbox, doors
from services.notifications.sandbox.twilio import TwilioSandbox
from services.notifications.sandbox.webhooks import WebhookSandbox
from services.notifications.settings import Accounts, AmazonAccount, EbayAccount, SmtpAccount, TwilioAccount
from shared.database import Clock, utcnow
from shared.web.errors import add_handlers
from shared.web.sandbox import InMemory, Ledger, control_router

ORIGIN = "http://sandbox.invalid"
ANYTHING = SecretStr("sandbox")
NAMES = ("mail", "sms", "amazon", "ebay", "webhooks")
STEP_SECONDS = 1.0
"""After which an SMS takes its next step towards its telephone."""


routers: list[APIRouter] = [
    *map(control_router, NAMES),
    doors.router,
    buying_router("amazon"),
    buying_router("ebay"),
    twilio.router,
    amazon.router,
    ebay.router,
    webhooks.router,
    pages.router,
]
"""They ask `app.state`: `sandbox`, and its `ledgers`."""


class Sandbox:
    """All counterparts. `app` is the application that they report to, in memory; none: any address they are given."""

    def __init__(self, clock: Clock = utcnow, app: Callable[[], FastAPI] | None = None) -> None:
        self.ledgers = {name: Ledger(name, clock) for name in NAMES}
        self.mail = MailSandbox(self.ledgers["mail"], clock)
        self.amazon = AmazonSandbox(self.ledgers["amazon"], clock)
        self.ebay = EbaySandbox(self.ledgers["ebay"], clock)
        self.sms = TwilioSandbox(self.ledgers["sms"], clock, app)
        self.webhooks = WebhookSandbox(self.ledgers["webhooks"])

    @property
    def origin(self) -> str:
        """Where the counterparts are told to report to; nobody else can."""
        return ORIGIN

    @property
    def accounts(self) -> Accounts:
        """Accounts that lead here; the mail server's port is known once it has started."""
        return Accounts(
            smtp=SmtpAccount(host=HOST, port=self.mail.port, security="none"),
            twilio=TwilioAccount(
                base_url=f"{ORIGIN}/sandbox/sms",
                account_sid=f"AC{'0' * 32}",
                auth_token=ANYTHING,
                sender="+33700000000",
            ),
            amazon=AmazonAccount(
                base_url=f"{ORIGIN}/sandbox/amazon",
                token_url=f"{ORIGIN}/sandbox/amazon/auth/o2/token",
                seller_id="A1SANDBOX",
                client_id="sandbox",
                client_secret=ANYTHING,
                refresh_token=ANYTHING,
            ),
            ebay=EbayAccount(
                base_url=f"{ORIGIN}/sandbox/ebay{EBAY_BASE}",
                inventory_url=f"{ORIGIN}/sandbox/ebay{INVENTORY_BASE}",
                post_order_url=f"{ORIGIN}/sandbox/ebay{POST_ORDER_BASE}",
                token_url=f"{ORIGIN}/sandbox/ebay/identity/v1/oauth2/token",
                client_id="sandbox",
                client_secret=ANYTHING,
                refresh_token=ANYTHING,
                signature_key=SecretStr(SIGNATURE_KEY),
                private_key=SecretStr(self.ebay.refunds.private_key),
            ),
        )

    def transport(self) -> httpx.AsyncBaseTransport:
        """How our clients reach the HTTP counterparts without a socket."""
        app = FastAPI(openapi_url=None)
        self.add_to(app)
        return InMemory(app)

    def add_to(self, app: FastAPI) -> None:
        """Have an application of its own answer as the counterparts."""
        add_handlers(app)
        app.state.sandbox, app.state.ledgers = self, self.ledgers
        for router in routers:
            app.router.routes.extend(router.routes)

    async def start(self) -> None:
        await self.mail.start()

    async def stop(self) -> None:
        await self.mail.stop()


async def _report(sandbox: Sandbox) -> None:
    while True:
        await asyncio.sleep(STEP_SECONDS)
        await sandbox.sms.deliver()


def application() -> FastAPI:
    """The counterparts as a program: `uvicorn --factory services.notifications.sandbox:application`."""
    sandbox = Sandbox()

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        await sandbox.start()
        reporting = asyncio.create_task(_report(sandbox))
        yield
        reporting.cancel()
        await sandbox.stop()

    app = FastAPI(openapi_url=None, lifespan=running)
    sandbox.add_to(app)

    @app.get("/sandbox/mail/address")
    async def address() -> dict[str, str | int]:
        """Where the mail server listens."""
        return {"host": HOST, "port": sandbox.mail.port}

    return app
