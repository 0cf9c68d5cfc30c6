"""Routes on a shop's own data: the shop itself, its keys. Its statuses have `statuses`."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orders.api.answers.shop import Keys, NewKey, NewShop, ShopAnswer, ShopIdentity
from services.orders.api.tools import Administrator, Orders, Reader
from services.orders.commands.inputs import KeyInput, ShopInput
from services.orders.commands.shop_log import Subject, logged
from services.orders.commands.shops import MadeKey, create_key, create_shop, revoke_key, update_shop
from services.orders.queries.catalogue import list_keys, shop_rules
from services.orders.queries.configuration import own_rules
from services.orders.queries.documents import moment
from shared.contracts import Shop
from shared.outbox import Transaction
from shared.problems import NotFound
from shared.security import find_shop
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1", tags=["shop"])


@router.get("/shop", response_model=ShopAnswer)
async def read_shop(caller: Reader, tools: Orders) -> Response:
    """The shop of the key: its identity and its rules."""
    async with tools.db.read() as conn:
        shop = await find_shop(conn, caller.shop)
        rules = await shop_rules(conn, caller.shop)
    if shop is None:
        raise NotFound("The shop is not known yet.")
    return json_response(_shop(shop) | own_rules(asdict(rules)))


@router.put("/shop", response_model=ShopIdentity)
async def put_shop(caller: Administrator, tools: Orders, body: ShopInput) -> Response:
    """The shop as it shall be; its id and keys stay."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.SHOP):
        return json_response(_shop(await update_shop(tx, caller.shop, body)))


@router.post("/shops", status_code=201, response_model=NewShop)
async def add_shop(request: Request, caller: Administrator, tools: Orders, body: ShopInput) -> Response:
    """Another shop in this installation, with its first key."""

    async def command(tx: Transaction) -> Response:
        async with logged(tx, body.shop, caller.actor, Subject.SHOP, Subject.KEYS):
            shop = await create_shop(tx, body)
            made = await create_key(tx, shop.shop, KeyInput(name="administrator", scopes=("admin",)))
        tx.after_commit(tools.keyring.forget)
        return json_response(_shop(shop) | {"key": _made(made)}, 201)

    return await once(request, tools.outbox, caller, command)


@router.get("/keys", response_model=Keys)
async def read_keys(caller: Administrator, tools: Orders) -> Response:
    """All keys ever made; none of them can be read again."""
    async with tools.db.read() as conn:
        items = [_plain(key) for key in await list_keys(conn, caller.shop)]
    return json_response({"items": items, "next": None, "total": len(items)})


@router.post("/keys", status_code=201, response_model=NewKey)
async def add_key(request: Request, caller: Administrator, tools: Orders, body: KeyInput) -> Response:
    """A new key; `key` is told this once."""

    async def command(tx: Transaction) -> Response:
        async with logged(tx, caller.shop, caller.actor, Subject.KEYS):
            made = await create_key(tx, caller.shop, body)
        tx.after_commit(tools.keyring.forget)
        return json_response(_made(made), 201)

    return await once(request, tools.outbox, caller, command)


@router.delete("/keys/{id_}", status_code=204)
async def remove_key(caller: Administrator, tools: Orders, id_: str) -> Response:
    """The key opens nothing any more."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.KEYS):
        await revoke_key(tx, caller.shop, id_)
        tx.after_commit(tools.keyring.forget)
    return Response(status_code=204)


def _shop(shop: Shop) -> dict[str, Any]:
    return shop.model_dump(mode="json", exclude={"keys", "payment_key"})


def _made(made: MadeKey) -> dict[str, Any]:
    return {"id": made.key.id, "name": made.key.name, "scopes": list(made.key.scopes), "key": made.secret}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: moment(value) if hasattr(value, "astimezone") else value for name, value in row.items()}
