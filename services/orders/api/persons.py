"""Routes on the data held of a person: all of them as one document, and their erasure."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orders.api.answers.customers import CustomerExport, ErasedCustomer
from services.orders.api.customers import CUSTOMERS, Id
from services.orders.api.history import PRIVATE
from services.orders.api.tools import Administrator, Orders, Reader, commanding
from services.orders.commands.erasing import erase_customer
from services.orders.queries.customers import customer_document, find_customer
from services.orders.queries.exports import export_customer
from shared.web import json_response

router = APIRouter(prefix=CUSTOMERS, tags=["customers"])


@router.get("/{id_}/export", response_model=CustomerExport)
async def export(caller: Reader, tools: Orders, id_: Id) -> Response:
    """Everything that is held of the client, orders with their histories and notes included."""
    async with tools.db.read() as conn:
        found = await export_customer(conn, await find_customer(conn, caller.shop, id_))
    name = f'attachment; filename="customer-{found["customer"]["id"]}.json"'
    return json_response(found, headers={**PRIVATE, "Content-Disposition": name})


@router.post("/{id_}/erasure", response_model=ErasedCustomer)
async def erase(request: Request, caller: Administrator, tools: Orders, id_: Id) -> Response:
    """Erase the client's data for good; legal documents stay. Refused while orders are open."""
    actor = await commanding(request, caller, tools.keyring)
    async with tools.outbox.transaction() as tx:
        left, orders = await erase_customer(tx, caller.shop, id_, actor)
    return json_response({"customer": customer_document(left), "orders": orders})
