"""Routes that change orders: status, lines, parcels, deletion. Each is one command; rules and texts stand there."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import ValidationError

from services.orders.api.answers.orders import OrderAnswer
from services.orders.api.tools import Code, Orders, Writer, commanding, documents_of, expected_version, order_response
from services.orders.commands.deleting import delete_order
from services.orders.commands.editing import correct_parcel, edit_lines
from services.orders.commands.inputs import CorrectParcel, DecisionInput, DeleteOrder, EditLines, MoveOrder
from services.orders.commands.moving import move
from shared.outbox import Transaction
from shared.problems import Invalid
from shared.web import once

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])


@router.post("/{code}/status", response_model=OrderAnswer)
async def move_order(request: Request, caller: Writer, tools: Orders, code: Code, body: MoveOrder) -> Response:
    """Change the status, with a shipment and a decision where there is one."""
    actor, version = await commanding(request, caller, tools.keyring), expected_version(request)

    async def command(tx: Transaction) -> Response:
        record = await move(tx, caller.shop, code, body, actor, version=version)
        return order_response((await documents_of(tx.conn, [record]))[0])

    return await once(request, tools.outbox, caller, command)


@router.put("/{code}/lines", response_model=OrderAnswer)
async def put_lines(request: Request, caller: Writer, tools: Orders, code: Code, body: EditLines) -> Response:
    """All lines as they shall be; an absent id is removed."""
    actor, version = await commanding(request, caller, tools.keyring), expected_version(request)
    async with tools.outbox.transaction() as tx:
        record = await edit_lines(tx, caller.shop, code, body, actor, version=version)
        document = (await documents_of(tx.conn, [record]))[0]
    return order_response(document)


@router.put("/{code}/parcels/{number}", response_model=OrderAnswer)
async def put_parcel(
    request: Request, caller: Writer, tools: Orders, code: Code, number: Annotated[int, Path(ge=1)], body: CorrectParcel
) -> Response:
    """Correct a parcel: carrier and tracking number both become what the body says, and none where it is silent."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.outbox.transaction() as tx:
        record = await correct_parcel(tx, caller.shop, code, number, body, actor)
        document = (await documents_of(tx.conn, [record]))[0]
    return order_response(document)


@router.delete("/{code}", status_code=204)
async def remove_order(
    request: Request,
    caller: Writer,
    tools: Orders,
    code: Code,
    body: DeleteOrder | None = None,
    stock: str | None = None,
    credit: bool = False,
) -> Response:
    """Delete for good; the decision stands in the body, or in `stock` and `credit` of the query."""
    actor, version = await commanding(request, caller, tools.keyring), expected_version(request)
    wanted = body or DeleteOrder(decision=_decision(stock, credit))
    async with tools.outbox.transaction() as tx:
        await delete_order(tx, caller.shop, code, wanted, actor, version=version)
    return Response(status_code=204)


def _decision(stock: str | None, credit: bool) -> DecisionInput:
    try:
        return DecisionInput.model_validate({"stock": stock, "credit": credit})
    except ValidationError:
        raise Invalid("'stock' is all, unshipped, scrap or none here; 'lines' needs a body.", field="stock") from None
