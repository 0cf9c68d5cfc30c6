"""Orders that a marketplace shows us: each is created once; what it asks of a known order is told to a person.

A channel never moves a status: a cancellation or another address is a warning entry, for goods may have left already.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from services.orders.commands.entries import Actor, warning
from services.orders.commands.inputs import PlaceOrder
from services.orders.commands.placing import place_many
from services.orders.commands.saving import Change, save
from services.orders.domain.characters import cleaned
from services.orders.domain.warnings import Words, words
from services.orders.files.countries import country_code
from services.orders.queries.records import OrderRecord, lock_orders
from services.orders.tables import applied_rules, orders
from shared.contracts import Address, ChannelOrder, LineKind
from shared.database import among, upsert
from shared.outbox import Transaction

_RULE = "channel_request"
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")

Told = tuple[str, Words]
"""What is asked: its identity, and the words of the warning."""


class NotAnOrder(ValueError):
    """What a marketplace shows cannot be an order here; the message is parked for a person."""


async def hear_channel_orders(tx: Transaction, messages: Sequence[ChannelOrder]) -> None:
    """Create the orders that are new, and report what is asked of the others."""
    by_shop: dict[str, list[ChannelOrder]] = defaultdict(list)
    for message in messages:
        by_shop[message.shop].append(message)
    for shop, found in sorted(by_shop.items()):
        by_channel: dict[str, list[PlaceOrder]] = defaultdict(list)
        for message in found:
            by_channel[message.channel].append(_request(message))
        for channel, requests in sorted(by_channel.items()):
            await place_many(tx, shop, requests, Actor(channel))
        await _report(tx, shop, [message for message in found if _asks(message)])


def _asks(message: ChannelOrder) -> bool:
    told = message.cancel_requested or message.cancelled or message.ship_soon or message.shipping_address is not None
    return told or any(not line.tax_rate_known for line in message.lines)


async def _report(tx: Transaction, shop: str, messages: Sequence[ChannelOrder]) -> None:
    by_external = {(message.channel.value, message.external_id): message for message in messages}
    statement = select(orders.c.id, orders.c.channel, orders.c.external_id).where(
        orders.c.shop == shop, among(orders.c.external_id, [external for _, external in by_external])
    )
    about = {
        row.id: by_external[row.channel, row.external_id]
        for row in await tx.execute(statement)
        if (row.channel, row.external_id) in by_external
    }
    records = await lock_orders(tx.conn, about)
    told = await _told(tx, [record.id for record in records])
    changes, rows = [], []
    for record in records:
        requests = _requests(record, about[record.id])
        asked = [(cause, said) for cause, said in requests if (record.id, cause) not in told]
        if asked and record.deleted_at is None:
            change = Change(record)
            for _cause, said in asked:
                change.add(warning(tx, record, Actor(record.channel), said))
            changes.append(change)
            rows += [{"order_id": record.id, "rule": _RULE, "cause": cause, "at": tx.now} for cause, _said in asked]
    if changes:
        await tx.execute(upsert(tx.conn, applied_rules, keys=["order_id", "rule", "cause"]), rows)
        await save(tx, changes)


async def _told(tx: Transaction, ids: Sequence[str]) -> set[tuple[str, str]]:
    statement = select(applied_rules.c.order_id, applied_rules.c.cause).where(
        among(applied_rules.c.order_id, ids), applied_rules.c.rule == _RULE
    )
    return {(row.order_id, row.cause) for row in await tx.execute(statement)}


def _requests(record: OrderRecord, message: ChannelOrder) -> list[Told]:
    channel = record.channel.capitalize()
    asked: list[Told] = []
    if message.cancelled:
        asked.append(("cancelled", words("cancelled", channel=channel)))
    elif message.cancel_requested:
        asked.append(("cancel_requested", words("cancel_requested", channel=channel)))
    if message.ship_soon and message.ship_by is not None:
        moment = f"{message.ship_by:%Y-%m-%d %H:%M} UTC"
        asked.append((f"ship_by:{moment}", words("ship_by", channel=channel, moment=moment)))
    if untaxed := [f"{number} ({line.sku})" for number, line in enumerate(message.lines, 1) if not line.tax_rate_known]:
        name = "tax_rate" if len(untaxed) == 1 else "tax_rates"
        asked.append(("tax_rate", words(name, lines=", ".join(untaxed))))
    address = message.shipping_address
    if address is not None and record.shipping_address is not None and _differs(address, record.shipping_address):
        digest = hashlib.sha256(address.model_dump_json().encode()).hexdigest()[:16]
        asked.append((f"address:{digest}", words("address", channel=channel)))
    return asked


def _differs(shown: Address, known: dict[str, Any]) -> bool:
    """Whether it is another address, not the same one as it is kept here."""
    return Address(**known) not in (shown, Address(**(_address(shown) or {})))


def _request(message: ChannelOrder) -> PlaceOrder:
    """The order as a command. Raises `NotAnOrder`, in words without a person's data."""
    try:
        return PlaceOrder.model_validate(_values(message))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:5])
        raise NotAnOrder(told) from None


def _values(message: ChannelOrder) -> dict[str, Any]:
    """Imported, since the marketplace itself confirms to its client."""
    customer = cleaned(message.customer.model_dump(exclude={"language"}))
    return {
        "channel": message.channel.value,
        "external_id": message.external_id,
        "placed_at": message.placed_at,
        "currency": message.currency,
        "prices_include_tax": message.prices_include_tax,
        "language": _language(message.language) or _language(message.customer.language),
        "imported": True,
        "customer": customer | {"name": customer["name"] or customer["email"]},
        "billing_address": _address(message.billing_address),
        "shipping_address": _address(message.shipping_address),
        "lines": [
            {
                "sku": line.sku,
                "name": cleaned(line.title or "").strip() or line.sku,
                "kind": "product" if line.kind in (None, LineKind.OTHER) else line.kind,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "tax_rate": line.tax_rate,
                "external_id": line.external_id,
            }
            for line in message.lines
        ],
    }


def _language(tag: str | None) -> str | None:
    written = (tag or "").replace("_", "-")
    return written if _LANGUAGE.fullmatch(written) else None


def _address(address: Address | None) -> dict[str, Any] | None:
    """The address without control characters, its country as a code; one that nobody knows is refused as it is."""
    if address is None:
        return None
    found: dict[str, Any] = cleaned(address.model_dump())
    return found | {"country": country_code(found["country"]) or found["country"]}
