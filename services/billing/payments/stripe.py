"""The few calls of Stripe's API that billing makes: Checkout sessions, captures, refunds, and looks at all of them.

Forms with brackets, one Idempotency-Key for each thing that may happen once. Every call comes back as a `Reply`; none
raises for what the other side does. `shapes` reads the answers, `units` converts the amounts.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx

from services.billing.domain.charging import Reply, SeenRefund
from services.billing.payments.exchange import CONNECT_SECONDS, Failed, exchange
from services.billing.payments.shapes import Unreadable, is_disputed, is_refunded, seen_refund, seen_session
from services.billing.payments.units import NotChargeable, to_provider
from services.billing.settings import StripeAccount
from shared.contracts import Outcome

PAGE = 100
EXPANDED = "payment_intent.latest_charge"
DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class Opening:
    """A payment to be asked for. `return_to`: our own page, where the client comes back to.

    Every attempt says the same, or the Idempotency-Key would be refused; so the end of the session is given, not made.
    """

    charge_id: str
    order_id: str
    code: str
    title: str
    amount: int
    currency: str
    language: str
    email: str
    return_to: str
    expires_at: datetime
    capture_later: bool


@dataclass(frozen=True, slots=True)
class Refunding:
    """Money to give back of one payment. `ask_first`: an earlier attempt may have done it already."""

    refund_id: str
    code: str
    intent: str
    amount: int
    currency: str
    key: str
    ask_first: bool


class Stripe:
    """One account."""

    def __init__(self, account: StripeAccount, http: httpx.AsyncClient, *, seconds: float) -> None:
        self.account = account
        self._http = http
        self._seconds = seconds

    async def close(self) -> None:
        await self._http.aclose()

    async def open(self, opening: Opening, key: str) -> Reply:
        """A page on which the client can pay."""
        try:
            form = _session_form(opening)
        except NotChargeable as error:
            return Reply(Outcome.REJECTED, str(error))
        return await _reply(lambda: self._session("POST", "/v1/checkout/sessions", key=key, form=form))

    async def look(self, session: str) -> Reply:
        """The payment as it now is, with its refunds and disputes."""

        async def calls() -> Reply:
            path = f"/v1/checkout/sessions/{quote(session, safe='')}"
            found = await self._call("GET", path, params={"expand[]": EXPANDED})
            seen = seen_session(found)
            if seen.intent and is_refunded(found):
                seen = replace(seen, refunds=tuple(await self._refunds(seen.intent)))
            if seen.intent and is_disputed(found):
                seen = replace(seen, dispute=await self._dispute(seen.intent))
            return Reply(Outcome.DONE, seen=seen)

        return await _reply(calls)

    async def expire(self, session: str, key: str) -> Reply:
        """End a session that was not used; one that was used is rejected, and a look tells how."""
        path = f"/v1/checkout/sessions/{quote(session, safe='')}/expire"
        return await _reply(lambda: self._session("POST", path, key=key))

    async def cancel(self, intent: str, key: str) -> Reply:
        """Give an authorisation back."""
        return await _reply(lambda: self._plain(f"/v1/payment_intents/{quote(intent, safe='')}/cancel", key))

    async def capture(self, intent: str, key: str) -> Reply:
        """Take the money that was authorised."""
        return await _reply(lambda: self._plain(f"/v1/payment_intents/{quote(intent, safe='')}/capture", key))

    async def refund(self, refunding: Refunding) -> Reply:
        """Give money back; where an earlier attempt may have, or the provider forgot its key, it is asked first."""

        async def calls() -> Reply:
            if refunding.ask_first:
                made = await self._refunds(refunding.intent)
                known = next((one for one in made if one.refund_id == refunding.refund_id), None)
                if known is not None:
                    return Reply(Outcome.DONE, "found at the provider", refund=known)
            form = {
                "payment_intent": refunding.intent,
                "amount": to_provider(refunding.amount, refunding.currency),
                "reason": "requested_by_customer",
                "metadata": {"refund": refunding.refund_id, "order": refunding.code},
            }
            made_now = seen_refund(await self._call("POST", "/v1/refunds", key=refunding.key, form=form))
            return Reply(Outcome.DONE, refund=made_now)

        try:
            return await _reply(calls)
        except NotChargeable as error:
            return Reply(Outcome.REJECTED, str(error))

    async def _session(self, method: str, path: str, *, key: str, form: dict[str, Any] | None = None) -> Reply:
        return Reply(Outcome.DONE, seen=seen_session(await self._call(method, path, key=key, form=form)))

    async def _plain(self, path: str, key: str) -> Reply:
        await self._call("POST", path, key=key)
        return Reply(Outcome.DONE)

    async def _refunds(self, intent: str) -> list[SeenRefund]:
        """All refunds of a payment, a page at a time."""
        found: list[SeenRefund] = []
        params: dict[str, Any] = {"payment_intent": intent, "limit": PAGE}
        while True:
            page = await self._call("GET", "/v1/refunds", params=params)
            found += [seen_refund(one) for one in page.get("data") or () if isinstance(one, dict)]
            if not page.get("has_more") or not found:
                return found
            params["starting_after"] = found[-1].reference

    async def _dispute(self, intent: str) -> str:
        """The newest dispute's status, in the provider's word."""
        page = await self._call("GET", "/v1/disputes", params={"payment_intent": intent, "limit": 1})
        newest: dict[str, Any] = next(iter(page.get("data") or ()), {})
        return str(newest.get("status") or DISPUTED)[:40]

    async def _call(
        self, method: str, path: str, *, key: str | None = None, form: dict[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.account.secret_key.get_secret_value()}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        if self.account.version:
            headers["Stripe-Version"] = self.account.version
        url = self.account.base_url.rstrip("/") + path
        if method == "POST":
            options["data"] = dict(bracketed(form or {}))
        found: dict[str, Any] = await exchange(
            self._http, method, url, seconds=self._seconds, headers=headers, **options
        )
        return found


_trusted = cache(httpx.create_ssl_context)
"""Read once a process, not once an account: reading the authorities holds up the event loop for 40 ms."""


def http_client(seconds: float, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """A client for one account; `seconds` bounds each phase of an exchange, redirects are not followed."""
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    headers = {"User-Agent": "comptoir"}
    return httpx.AsyncClient(timeout=timeout, transport=transport, headers=headers, verify=_trusted())


def bracketed(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """`{"a": {"b": [1]}}` as Stripe's form fields: `("a[b][0]", "1")`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from bracketed(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from bracketed(inner, f"{name}[{place}]")
    else:
        yield name, str(value)


def _session_form(opening: Opening) -> dict[str, Any]:
    """One line for what is still to be paid: of an order that was paid in part, the lines would not add up to it."""
    metadata = {"charge": opening.charge_id, "order": opening.code}
    payment = {"metadata": metadata, "description": f"{opening.title}, {opening.code}"}
    if opening.capture_later:
        payment |= {"capture_method": "manual"}
    price = {
        "currency": opening.currency.lower(),
        "unit_amount": to_provider(opening.amount, opening.currency),
        "product_data": {"name": f"{opening.title}, {opening.code}"},
    }
    form: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": opening.code,
        "success_url": f"{opening.return_to}/back/{opening.charge_id}",
        "cancel_url": opening.return_to,
        "expires_at": int(opening.expires_at.timestamp()),
        "locale": "fr" if opening.language.startswith("fr") else "en",
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": metadata,
        "payment_intent_data": payment,
    }
    return form | ({"customer_email": opening.email} if opening.email else {})


async def _reply(calls: Callable[[], Awaitable[Reply]]) -> Reply:
    try:
        return await calls()
    except Failed as failed:
        return failed.reply
    except Unreadable as error:
        return Reply(Outcome.UNKNOWN, str(error))
