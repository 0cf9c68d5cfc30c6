"""Opens a shop's ways out when they are first needed: one client per channel and shop, with the account from settings.

Where settings name no account, a `Fallback` (the sandbox) may stand in. A marketplace's account may be the shop's own
row (`accounts`); a change of it is seen at the next call. Access tokens are rows, so replicas share them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import httpx
from sqlalchemy import and_, select

from services.notifications.channels.documents import Documents
from services.notifications.channels.mail import Mail
from services.notifications.channels.seals import Seals
from services.notifications.channels.sms import Message, OnlyInDoubt, Sms
from services.notifications.channels.sms.gateway import Gateway
from services.notifications.channels.sms.reports import Reporting
from services.notifications.channels.sms.twilio import Twilio
from services.notifications.channels.web import http_client
from services.notifications.domain.channel_accounts import MARKETPLACES, policy_of
from services.notifications.domain.results import Call, Channel, Result, rejected
from services.notifications.jobs.accounts import Marketplace, merged
from services.notifications.marketplaces.amazon import Amazon
from services.notifications.marketplaces.ebay import Ebay
from services.notifications.marketplaces.tokens import Token
from services.notifications.queries import Found
from services.notifications.queries.channels import find_account
from services.notifications.queries.sms_taken import taken
from services.notifications.settings import Accounts, Settings
from services.notifications.tables import access_tokens
from shared.database import Clock, upsert
from shared.outbox import Outbox
from shared.security import find_shop


class Fallback(Protocol):
    """Accounts for channels that have none, and how their HTTP addresses are reached."""

    @property
    def accounts(self) -> Accounts: ...

    @property
    def origin(self) -> str: ...

    def transport(self) -> httpx.AsyncBaseTransport: ...


class TokenRows:
    """The access token of one account, in the database."""

    def __init__(self, outbox: Outbox, channel: str, shop: str) -> None:
        self._outbox = outbox
        self._key = {"channel": channel, "shop": shop}

    async def load(self) -> Token | None:
        c = access_tokens.c
        own = and_(c.channel == self._key["channel"], c.shop == self._key["shop"])
        async with self._outbox.db.read() as conn:
            row = (await conn.execute(select(c.value, c.refresh_at, c.expires_at).where(own))).one_or_none()
        return None if row is None else Token(*row)

    async def save(self, token: Token) -> None:
        values = {"value": token.value, "refresh_at": token.refresh_at, "expires_at": token.expires_at}
        async with self._outbox.transaction(batch=True) as tx:
            stored = upsert(tx.conn, access_tokens, keys=("channel", "shop"), update=tuple(values))
            await tx.execute(stored, [self._key | values])


class SwitchedOff:
    """A marketplace that the shop deals with no more: nothing leaves for it until a person tries again."""

    async def send(self, _call: Call) -> Result:
        return rejected("the shop has switched this marketplace off")

    async def close(self) -> None:
        """Nothing is open."""


class Outlets:
    """The open ways out of this process; `receivers` are those that need no account (webhooks, push)."""

    def __init__(
        self,
        settings: Settings,
        outbox: Outbox,
        seals: Seals,
        documents: Documents,
        fallback: Fallback | None = None,
        receivers: Mapping[str, Channel] | None = None,
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._seals = seals
        self._documents = documents
        self._fallback = fallback
        self._receivers = receivers or {}
        self._open: dict[tuple[str, str], tuple[int, Channel | None]] = {}
        self._retired: list[tuple[datetime, Channel]] = []

    async def find(self, channel: str, shop: str) -> Channel | None:
        """The shop's way out, None where no account is set up.

        Raises `NoSealingKeys` or `Unsealable` where the account's credentials cannot be opened.
        """
        if channel in self._receivers:
            return self._receivers[channel]
        row = await self._row(channel, shop) if channel in MARKETPLACES else None
        version = 0 if row is None else row.version
        key = (channel, shop)
        known = self._open.get(key)
        if known is None or known[0] != version:
            self._open[key] = (version, self._choose(channel, shop, row))
            await self._retire(None if known is None else known[1])
        way = self._open[key][1]
        return OnlyInDoubt(way) if isinstance(way, Sms) and not await self._sms_is_on(shop) else way

    async def close(self) -> None:
        """Give all connections back."""
        ways = [way for _, way in self._open.values()] + [way for _, way in self._retired]
        self._open, self._retired = {}, []
        for way in ways:
            if way is not None:
                await way.close()

    async def _retire(self, way: Channel | None) -> None:
        """Calls may still be out on it: it is closed when none can be any more."""
        now = self._outbox.clock()
        over = now - timedelta(seconds=self._settings.lease_seconds)
        ended = [old for since, old in self._retired if since < over]
        self._retired = [(since, old) for since, old in self._retired if since >= over]
        if way is not None:
            self._retired.append((now, way))
        for old in ended:
            await old.close()

    async def _row(self, channel: str, shop: str) -> Found | None:
        async with self._outbox.db.read() as conn:
            return await find_account(conn, shop, channel)

    async def _sms_is_on(self, shop: str) -> bool:
        async with self._outbox.db.read() as conn:
            found = await find_shop(conn, shop)
        return found is not None and found.sms

    async def _taken(self, shop: str, message: Message, since: datetime, found: Sequence[str]) -> Collection[str]:
        async with self._outbox.db.read() as conn:
            return await taken(conn, shop, message.delivery, since, found)

    def _sms(self, shop: str, accounts: Accounts, http: httpx.AsyncClient) -> Sms | None:
        clock, seconds = self._outbox.clock, self._settings.call_seconds
        reporting = Reporting(self._settings, self._fallback)
        if twilio := accounts.twilio:
            callback, others = partial(reporting.of_twilio, shop), partial(self._taken, shop)
            one = Twilio(twilio, http, clock, seconds=seconds, callback=callback, taken=others)
            return Sms(one, twilio.validity_seconds, clock)
        if gateway := accounts.sms_gateway:
            other = Gateway(gateway, http, clock, seconds=seconds, callback=reporting.of_gateway(shop))
            return Sms(other, gateway.validity_seconds, clock)
        return None

    def _choose(self, channel: str, shop: str, row: Found | None) -> Channel | None:
        own, spare = self._settings.accounts(shop), self._fallback.accounts if self._fallback else Accounts()
        if row is None:
            return self._make(channel, shop, own, None) or self._make(channel, shop, spare, self._fallback)
        if not policy_of(row.account).enabled:
            return SwitchedOff()
        below: Marketplace | None = getattr(own, channel)
        fallback = None if below or row.credentials else self._fallback
        account = merged(self._seals, channel, row, getattr(spare, channel) if fallback else below)
        return self._make(channel, shop, Accounts.model_validate({channel: account}), fallback)

    def _make(self, channel: str, shop: str, accounts: Accounts, fallback: Fallback | None) -> Channel | None:
        clock: Clock = self._outbox.clock
        seconds = self._settings.call_seconds

        def http() -> httpx.AsyncClient:
            return http_client(seconds, transport=fallback.transport() if fallback else None)

        tokens = TokenRows(self._outbox, channel, shop)
        match channel:
            case "mail" if accounts.smtp:
                dkim = self._settings.accounts(shop).dkim
                return Mail(accounts.smtp, clock, seconds=seconds, fetch=self._documents.of(shop), dkim=dkim)
            case "sms" if accounts.twilio or accounts.sms_gateway:
                return self._sms(shop, accounts, http())
            case "amazon" if accounts.amazon:
                return Amazon(accounts.amazon, http(), tokens, clock, seconds=seconds)
            case "ebay" if accounts.ebay:
                return Ebay(accounts.ebay, http(), tokens, clock, seconds=seconds)
        return None
