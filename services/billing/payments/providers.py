"""Which account a shop's clients pay into: its own, else the installation's, else the sandbox, else none."""

from typing import Protocol

import httpx

from services.billing.payments.stripe import Stripe, http_client
from services.billing.settings import Settings, StripeAccount

DEFAULT = "default"
SANDBOX = "sandbox"


class Fallback(Protocol):
    """An account that stands in where none is set up, and how it is reached."""

    @property
    def account(self) -> StripeAccount: ...

    def transport(self) -> httpx.AsyncBaseTransport: ...


class Providers:
    """The accounts of this installation by name: `default`, a shop's id, or `sandbox`."""

    def __init__(self, settings: Settings, fallback: Fallback | None = None) -> None:
        self._settings = settings
        self._fallback = fallback
        self._open: dict[str, Stripe] = {}

    def name_for(self, shop: str) -> str | None:
        """The account of a shop; None where there is none to pay into."""
        if shop in self._settings.stripe_accounts:
            return shop
        if self._settings.stripe is not None:
            return DEFAULT
        return SANDBOX if self._fallback is not None else None

    def account(self, name: str) -> StripeAccount | None:
        """The settings of an account; None for a name that is not, or no longer, one."""
        own = self._settings.stripe_accounts.get(name)
        if own is not None or name not in (DEFAULT, SANDBOX):
            return own
        if name == DEFAULT:
            return self._settings.stripe
        return self._fallback.account if self._fallback is not None else None

    def find(self, name: str) -> Stripe | None:
        """The client of an account, opened when it is first needed."""
        account = self.account(name)
        if account is None:
            return None
        if name not in self._open:
            transport = self._fallback.transport() if name == SANDBOX and self._fallback is not None else None
            seconds = self._settings.provider_call_seconds
            self._open[name] = Stripe(account, http_client(seconds, transport), seconds=seconds)
        return self._open[name]

    async def close(self) -> None:
        """Give all connections back."""
        clients, self._open = self._open, {}
        for client in clients.values():
            await client.close()
