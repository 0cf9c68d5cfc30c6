"""Which effects an order asks for, as a function of its present state, and how that differs from what is written down.

A mail or an SMS is asked for by a history entry, what a marketplace is told by the order itself (`reporting`). An entry
leaves the message once it was heard, so only entries that are there can take something back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from services.notifications.domain.channel_orders import NOBODY
from services.notifications.domain.effects import Key, Wanted
from services.notifications.domain.payloads import (
    Closed,
    Item,
    Letter,
    Note,
    Payload,
    Postal,
    Tracking,
    Words,
)
from services.notifications.domain.reporting import MARKETPLACE, less_reported, reports, told
from services.notifications.domain.verbs import REFUND
from shared.contracts import Address, Entry, Order, Outcome, Shop, Shown

CLIENT = "client"
ADMINISTRATOR = "administrator"

SOON = timedelta(days=30)
"""How long before a closing period mails begin to tell of it."""


@dataclass(frozen=True, slots=True)
class Written:
    """An obligation that exists."""

    id: str
    key: Key
    state: Outcome
    version: int
    out: bool = False
    """A call is out at this moment, or its process died."""

    @property
    def paid(self) -> bool:
        """A refund that was made, or may have been: it is never taken back, and never made a second time."""
        return self.key[1] == REFUND and (self.out or self.state in (Outcome.DONE, Outcome.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Changes:
    """What to write: new obligations, those due again, those no longer wanted, newer contents of unsent ones."""

    new: tuple[Wanted, ...] = ()
    again: tuple[tuple[str, Wanted], ...] = ()
    obsolete: tuple[str, ...] = ()
    refreshed: tuple[tuple[str, Wanted], ...] = ()


def asks(order: Order) -> bool:
    """Whether the order asks for anything at all; most messages do not, and shall cost next to nothing."""
    if order.erased:
        return False
    if any(entry.mail or entry.mail_admins or entry.sms for entry in order.entries):
        return True
    return reports(order)


def wanted(order: Order, shop: Shop) -> list[Wanted]:
    """Every effect the order asks for now."""
    if order.erased:
        return []
    found: list[Wanted] = []
    for index, entry in enumerate(order.entries):
        found += _texts(order, shop, entry, entry.version * 1000 + index)
    return found + told(order)


def compare(order: Order, wants: Sequence[Wanted], written: Iterable[Written]) -> Changes:
    """What has to change so that the obligations are what the order asks for."""
    known = {item.key: item for item in written}
    by_key = {item.key: item for item in less_reported(wants, [item.key for item in known.values() if item.paid])}
    entries = {entry.id for entry in order.entries}
    again, obsolete, refreshed = [], [], []
    for key, item in known.items():
        want = by_key.get(key)
        if want is None:
            spoken_of = order.erased or key[3] == MARKETPLACE or key[2] in entries
            if spoken_of and not item.paid and item.state not in (Outcome.DONE, Outcome.OBSOLETE):
                obsolete.append(item.id)
        elif item.state == Outcome.OBSOLETE:
            again.append((item.id, want))
        elif item.state in (Outcome.DUE, Outcome.RETRY) and item.version < order.version:
            refreshed.append((item.id, want))
    new = tuple(want for key, want in by_key.items() if key not in known)
    return Changes(new, tuple(again), tuple(obsolete), tuple(refreshed))


def is_reached(order: Order) -> bool:
    """Whether its client has an address of their own; a marketplace's buyer may have none."""
    return bool(order.customer.email) and not order.customer.email.endswith(f"@{order.channel}{NOBODY}")


def _texts(order: Order, shop: Shop, entry: Entry, position: int) -> list[Wanted]:
    """Mails and SMS of one history entry."""

    def one(channel: str, role: str, payload: Payload) -> Wanted:
        sequence = f"{order.id}/{channel}/{role}"
        return Wanted(
            channel, "send", entry.id, role, entry.resend, sequence, position, entry.at, entry.traceparent, payload
        )

    found = []
    if entry.mail and is_reached(order):
        found.append(one("mail", CLIENT, _to_client(order, shop, entry)))
    if entry.mail_admins and shop.administrators:
        found.append(one("mail", ADMINISTRATOR, _to_administrators(order, shop, entry)))
    if entry.sms and shop.sms and order.customer.phone:
        words = _words(order, shop, entry, order.language)
        text = entry.texts.sms or "{{ shop.name }} : {{ order.code }}, {{ status.name }}"
        found.append(one("sms", CLIENT, Note(order.customer.phone, _region(order, shop), text, words)))
    return found


def _region(order: Order, shop: Shop) -> str:
    """The country in which a telephone number without a prefix is read."""
    known = (order.shipping_address, order.billing_address, shop.legal.address)
    return next(address.country for address in known if address is not None)


def _to_client(order: Order, shop: Shop, entry: Entry) -> Letter:
    return Letter(
        role=CLIENT,
        to=(order.customer.email,),
        name=order.customer.name,
        sender=shop.mail_from,
        subject=entry.texts.subject,
        body=entry.texts.mail or entry.texts.comment,
        message=entry.message,
        words=_words(order, shop, entry, order.language),
    )


def _to_administrators(order: Order, shop: Shop, entry: Entry) -> Letter:
    """The merchant's mail: in the shop's own language, with the client's particulars."""
    contact = (order.customer.name, order.customer.email, order.customer.phone or "")
    return Letter(
        role=ADMINISTRATOR,
        to=shop.administrators,
        name="",
        sender=shop.mail_from,
        subject="",
        body="",
        message=entry.message,
        words=_words(order, shop, entry, shop.languages[0] if shop.languages else order.language),
        contact=tuple(filter(None, contact)),
    )


def _words(order: Order, shop: Shop, entry: Entry, language: str) -> Words:
    """What texts may speak of; a parcel that left after the entry is the next entry's news."""
    parcels = [parcel for parcel in order.parcels if parcel.tracking_number and parcel.shipped_at <= entry.at]
    return Words(
        code=order.code,
        placed_at=order.placed_at,
        currency=order.currency,
        language=language,
        timezone=shop.timezone,
        shop=shop.title,
        shop_url=shop.public_url,
        status=entry.texts.name or entry.status.mnemonic,
        client=order.customer.name,
        net=order.totals.net,
        tax=order.totals.tax,
        gross=order.totals.gross,
        items=_items(order),
        parcels=tuple(
            Tracking(found.number, found.carrier or "", found.tracking_number or "", found.tracking_url)
            for found in parcels
        ),
        shipping=_postal(order.shipping_address),
        history_url=_history_url(order, shop),
        closings=_closings(shop, entry, language),
    )


def _items(order: Order) -> tuple[Item, ...]:
    return tuple(
        Item(line.name, line.sku, line.quantity, line.gross, None if order.prices_include_tax else line.net)
        for line in order.lines
        if line.quantity
    )


def _closings(shop: Shop, entry: Entry, language: str) -> tuple[Closed, ...]:
    """What the client may have to wait for: the shop is closed, or is soon."""
    today = entry.at.astimezone(ZoneInfo(shop.timezone)).date()
    languages = (language, language.partition("-")[0], *shop.languages)
    known = [
        Closed(date.fromisoformat(told.starts), date.fromisoformat(told.ends), _said(told.texts, languages))
        for told in shop.closings
    ]
    near = [closed for closed in known if closed.ends >= today and closed.starts <= today + SOON]
    return tuple(sorted(near, key=lambda closed: closed.starts))


def _said(texts: Mapping[str, str], languages: Sequence[str]) -> str:
    """The text in the first of these languages that has one, else in any."""
    return next(filter(None, (texts.get(language) for language in (*languages, *texts))), "")


def _history_url(order: Order, shop: Shop) -> str:
    """Where the client follows the order; empty where that opens nothing: the message then has no token."""
    if not (order.history_token and shop.public_url) or order.shown is Shown.HIDDEN:
        return ""
    return f"{shop.public_url.rstrip('/')}/h/{order.history_token}"


def link_now(url: str, order: Order) -> str:
    """The link of a text that waits, as its order now has it: another one, or none that would open nothing."""
    if not url or not order.history_token or order.shown is Shown.HIDDEN:
        return ""
    return f"{url.rpartition('/h/')[0]}/h/{order.history_token}"


def _postal(address: Address | None) -> Postal | None:
    if address is None or not address.street:
        return None
    town = f"{address.postal_code} {address.city}".strip()
    return Postal(tuple(filter(None, (address.name, address.street, town, address.country))))
