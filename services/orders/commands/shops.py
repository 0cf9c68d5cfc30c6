"""Shops and their API keys: created here, heard by every service.

A key is shown once, when it is made; its hash and scopes travel in `orders.shop.v1`, so each service verifies it by
itself. Revoking a key is a new version of the shop.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from services.orders.commands.inputs import KeyInput, ShopInput
from services.orders.commands.publishing import check_publication
from services.orders.commands.status_templates import add_default_statuses
from services.orders.domain.transitions import Profile
from services.orders.tables import api_keys, shop_settings, shops
from shared.contracts import Shop, ShopKey
from shared.database import new_id, upsert
from shared.outbox import Transaction
from shared.problems import Invalid, NotFound, Problem
from shared.security import hash_key, hear_shops

PREFIX = "ck_"
"""Of every key made here, so that secret scanners know it."""
SHORTEST = 16
_OWN = {
    "profile",
    "payment_term_hours",
    "on_payment",
    "on_invoice_imported",
    "tracking_required",
    "publish_histories",
}
"""What only orders reads."""


class ShopTaken(Problem):
    """The shop's id is in use."""

    slug = "shop-taken"
    title = "The shop exists"


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was just made: `secret` is told once and not kept."""

    key: ShopKey
    secret: str


async def create_shop(tx: Transaction, request: ShopInput) -> Shop:
    """A new shop with its default statuses; nobody has a key to it yet. Raises `ShopTaken`."""
    row = {"shop": request.shop, "link_secret": secrets.token_urlsafe(32), **_rules(request)}
    if (await tx.execute(upsert(tx.conn, shop_settings, keys=["shop"]).values(row))).rowcount == 0:
        raise ShopTaken(f"There is a shop '{request.shop}' already.")
    await add_default_statuses(tx, request.shop)
    shop = Shop(version=1, payment_key=secrets.token_urlsafe(32), **_told(request))
    await _say(tx, shop)
    await check_publication(tx, request.shop)
    return shop


async def update_shop(tx: Transaction, shop: str, request: ShopInput) -> Shop:
    """The shop as the request says; its keys stay."""
    present = await _locked(tx, shop)
    if request.shop != shop:
        raise Invalid("The id of a shop is fixed.", field="shop")
    await tx.execute(update(shop_settings).where(shop_settings.c.shop == shop).values(_rules(request)))
    changed = Shop(version=present.version + 1, keys=present.keys, payment_key=present.payment_key, **_told(request))
    await _say(tx, changed)
    await check_publication(tx, shop)
    return changed


async def create_key(tx: Transaction, shop: str, request: KeyInput, *, secret: str | None = None) -> MadeKey:
    """A new key of the shop; `secret` where the operator chose it (the first key may come from the environment)."""
    present = await _locked(tx, shop)
    secret = secret or PREFIX + secrets.token_urlsafe(32)
    if len(secret) < SHORTEST:
        raise Invalid(f"A key has at least {SHORTEST} characters.", field="key")
    key = ShopKey(
        id=new_id(),
        name=request.name,
        sha256=hash_key(secret),
        scopes=request.scopes,
        expires_at=request.expires_at,
    )
    if any(known.sha256 == key.sha256 for known in present.keys):
        raise Invalid("The shop has this key already.", field="key")
    row = {**key.model_dump(), "shop": shop, "scopes": list(key.scopes), "created_at": tx.now}
    await tx.execute(api_keys.insert(), [row])
    await _say(tx, present.model_copy(update={"version": present.version + 1, "keys": (*present.keys, key)}))
    return MadeKey(key, secret)


async def revoke_key(tx: Transaction, shop: str, id_: str) -> None:
    """The key opens nothing any more, here at once and elsewhere as soon as the shop is heard."""
    present = await _locked(tx, shop)
    if not any(key.id == id_ for key in present.keys):
        raise NotFound(f"The shop has no key {id_}.")
    await tx.execute(update(api_keys).where(api_keys.c.id == id_).values(revoked_at=tx.now))
    kept = tuple(key for key in present.keys if key.id != id_)
    await _say(tx, present.model_copy(update={"version": present.version + 1, "keys": kept}))


async def _locked(tx: Transaction, shop: str) -> Shop:
    """The shop, its row locked against another change of it."""
    statement = select(shops.c.body).where(shops.c.shop == shop).with_for_update()
    body = (await tx.execute(statement)).scalar_one_or_none()
    if body is None:
        raise NotFound(f"There is no shop '{shop}'.")
    return Shop.decode(body)


async def _say(tx: Transaction, shop: Shop) -> None:
    await hear_shops(tx, [shop])
    tx.send(shop)


def _rules(request: ShopInput) -> dict[str, Any]:
    return {
        "profile": Profile(request.profile),
        "payment_term_hours": request.payment_term_hours,
        "on_payment": request.on_payment,
        "on_invoice_imported": request.on_invoice_imported,
        "tracking_required": request.tracking_required,
        "publish_histories": request.publish_histories,
    }


def _told(request: ShopInput) -> dict[str, Any]:
    """What the other services are told of the shop."""
    return request.model_dump(mode="json", exclude=_OWN)
