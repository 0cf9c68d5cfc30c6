"""Routes on the browsers that are told of a shop's orders, below `/api/v1/notifications/push`.

A page asks for the key, subscribes its browser with it, and sends here what the browser answered.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.notifications.api.bodies import PublicKey, Subscription, subscription_document
from services.notifications.api.receivers import Id, Reader, Tools, Writer
from services.notifications.commands.inputs import SubscriptionInput
from services.notifications.commands.push import subscribe, unsubscribe
from services.notifications.queries.receivers import list_subscriptions
from shared.outbox import Transaction
from shared.web import Page, json_response, once, page_of

router = APIRouter(prefix="/api/v1/notifications/push", tags=["push"])


@router.get("/key", response_model=PublicKey)
async def read_key(tools: Tools, _caller: Reader) -> Response:
    """The key to subscribe with."""
    return json_response({"public_key": await tools.signing.public_key()})


@router.get("/subscriptions")
async def read_subscriptions(tools: Tools, caller: Reader) -> Page:
    """The browsers of the shop."""
    async with tools.outbox.db.read() as conn:
        items = [subscription_document(row) for row in await list_subscriptions(conn, caller.shop)]
    return page_of(items, len(items) or 1, len(items), None)


@router.post("/subscriptions", status_code=201, response_model=Subscription)
async def add_subscription(request: Request, tools: Tools, caller: Writer, body: SubscriptionInput) -> Response:
    """Tell this browser of orders; one that is known already is told what it now wants."""

    async def command(tx: Transaction) -> Response:
        made = await subscribe(tx, caller, body, tools.seals, loopback=tools.loopback)
        return json_response(subscription_document(made), 201)

    return await once(request, tools.outbox, caller, command)


@router.delete("/subscriptions/{subscription}", status_code=204)
async def remove_subscription(tools: Tools, caller: Writer, subscription: Id) -> Response:
    """Tell it no more."""
    async with tools.outbox.transaction() as tx:
        await unsubscribe(tx, caller.shop, subscription)
    return Response(status_code=204)
