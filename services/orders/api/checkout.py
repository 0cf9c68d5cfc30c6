"""Routes on what a shop lets its orders choose: carriers, shipping methods, pick-up points, own fields."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.orders.api.answers.shop import CheckoutAnswer
from services.orders.api.tools import Administrator, Orders, Reader
from services.orders.commands.checkout import set_checkout
from services.orders.commands.inputs import CheckoutInput
from services.orders.commands.shop_log import Subject, logged
from services.orders.queries.checkout import checkout_document, find_checkout
from shared.web import json_response

router = APIRouter(prefix="/api/v1/shop", tags=["shop"])


@router.get("/checkout", response_model=CheckoutAnswer)
async def read_checkout(caller: Reader, tools: Orders) -> Response:
    """The lists as they now are."""
    async with tools.db.read() as conn:
        return json_response(checkout_document(await find_checkout(conn, caller.shop)))


@router.put("/checkout", response_model=CheckoutAnswer)
async def put_checkout(caller: Administrator, tools: Orders, body: CheckoutInput) -> Response:
    """The lists as they shall be; orders keep what they chose."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.CHECKOUT):
        return json_response(checkout_document(await set_checkout(tx, caller.shop, body)))
