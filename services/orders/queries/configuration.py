"""A shop's configuration as plain documents by name, without its secrets: what `commands.shop_log` compares."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.queries.catalogue import list_keys, list_statuses, shop_rules
from services.orders.queries.checkout import checkout_document, find_checkout
from services.orders.queries.customers import customer_rules, settings_document
from services.orders.queries.documents import moment
from services.orders.queries.groups import list_groups
from services.orders.queries.promotions import list_promotions, promotion_document
from shared.security import find_shop

Documents = dict[str, dict[str, Any]]


async def shop_now(conn: AsyncConnection, shop: str) -> Documents:
    """The shop itself with its rules, under its id; nothing before it is founded."""
    told = await find_shop(conn, shop)
    if told is None:
        return {}
    rules = asdict(await shop_rules(conn, shop))
    return {shop: told.model_dump(mode="json", exclude={"version", "keys", "payment_key"}) | own_rules(rules)}


def own_rules(rules: dict[str, Any]) -> dict[str, Any]:
    """What only orders reads of a shop, as the API shows it."""
    return {name: value for name, value in rules.items() if name not in ("link_secret", "checkout")}


async def keys_now(conn: AsyncConnection, shop: str) -> Documents:
    """All keys ever made, by name and id."""
    return {
        f"{key['name']} ({key['id']})": {
            name: moment(value) if isinstance(value, datetime) else value for name, value in key.items()
        }
        for key in await list_keys(conn, shop)
    }


async def statuses_now(conn: AsyncConnection, shop: str) -> Documents:
    """The statuses by mnemonic."""
    return {status.mnemonic: asdict(status) for status in await list_statuses(conn, shop)}


async def checkout_now(conn: AsyncConnection, shop: str) -> Documents:
    """What the shop offers its orders."""
    return {"checkout": checkout_document(await find_checkout(conn, shop))}


async def promotions_now(conn: AsyncConnection, shop: str) -> Documents:
    """The promotions by name and code."""
    return {
        f"{found.name} ({found.code or found.id})": promotion_document(found, 0)
        for found in await list_promotions(conn, shop)
    }


async def groups_now(conn: AsyncConnection, shop: str) -> Documents:
    """The customer groups by name."""
    return {found.name: asdict(found) for found in await list_groups(conn, shop)}


async def customers_now(conn: AsyncConnection, shop: str) -> Documents:
    """What the shop does with its clients; nothing of the clients themselves."""
    return {"settings": settings_document(await customer_rules(conn, shop))}
