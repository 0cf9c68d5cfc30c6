"""Routes on a shop's promotions: coupons and those that apply by themselves."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orders.api.answers.sales import PromotionAnswer, Promotions
from services.orders.api.tools import Orders, Reader, Writer
from services.orders.commands.inputs import PromotionInput
from services.orders.commands.promotions import create_promotion, update_promotion
from services.orders.commands.shop_log import Subject, logged
from services.orders.queries.promotions import count_uses, find_promotion, list_promotions, promotion_document
from shared.outbox import Transaction
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/promotions", tags=["promotions"])


@router.get("", response_model=Promotions)
async def read_promotions(caller: Reader, tools: Orders) -> Response:
    """All of the shop, each with how many orders used it."""
    async with tools.db.read() as conn:
        found = await list_promotions(conn, caller.shop)
        used = await count_uses(conn, [promotion.id for promotion in found])
    items = [promotion_document(promotion, used.get(promotion.id, 0)) for promotion in found]
    return json_response({"items": items, "next": None, "total": len(items)})


@router.get("/{id_}", response_model=PromotionAnswer)
async def read_promotion(caller: Reader, tools: Orders, id_: str) -> Response:
    """One of them."""
    async with tools.db.read() as conn:
        found = await find_promotion(conn, caller.shop, id_)
        used = await count_uses(conn, [id_])
    return json_response(promotion_document(found, used.get(id_, 0)))


@router.post("", status_code=201, response_model=PromotionAnswer)
async def add_promotion(request: Request, caller: Writer, tools: Orders, body: PromotionInput) -> Response:
    """A new one; without a code it applies by itself to new orders that it fits."""

    async def command(tx: Transaction) -> Response:
        async with logged(tx, caller.shop, caller.actor, Subject.PROMOTIONS):
            made = await create_promotion(tx, caller.shop, body)
        return json_response(promotion_document(made, 0), 201)

    return await once(request, tools.outbox, caller, command)


@router.put("/{id_}", response_model=PromotionAnswer)
async def put_promotion(caller: Writer, tools: Orders, id_: str, body: PromotionInput) -> Response:
    """As it shall be; orders that used it keep what they got."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.PROMOTIONS):
        found = await update_promotion(tx, caller.shop, id_, body)
        used = await count_uses(tx.conn, [id_])
    return json_response(promotion_document(found, used.get(id_, 0)))
