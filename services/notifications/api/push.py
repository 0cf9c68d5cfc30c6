"""Routes on the browsers that are told of a shop's orders, below `/api/v1/notifications/push`.

A page asks for the key, subscribes its browser with it, and sends here what the browser answered.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.notifications.api.bodies import PublicKey, PushTested, Subscription, subscription_document
from services.notifications.api.receivers import Id, Reader, Tools, Writer
from services.notifications.channels.push import push, topic_of, trial_message
from services.notifications.commands.inputs import SubscriptionInput
from services.notifications.commands.push import note_test, subscribe, unsubscribe
from services.notifications.queries.receivers import find_subscription, list_subscriptions
from shared.contracts import Outcome
from shared.outbox import Transaction
from shared.security import find_shop
from shared.web import Page, json_response, once, page_of
from shared.web.answers import Listed

router = APIRouter(prefix="/api/v1/notifications/push", tags=["push"])


@router.get("/key", response_model=PublicKey)
async def read_key(tools: Tools, _caller: Reader) -> Response:
    """The key to subscribe with."""
    return json_response({"public_key": await tools.signing.public_key()})


@router.get("/subscriptions", responses={200: {"model": Listed[Subscription]}})
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


@router.post("/subscriptions/{subscription}/test", response_model=PushTested)
async def send_test(tools: Tools, caller: Writer, subscription: Id) -> Response:
    """Send a message now that is about no order, and say what came of it; a subscription that ended is forgotten."""
    async with tools.outbox.db.read() as conn:
        row, browser = await find_subscription(conn, caller.shop, subscription, tools.seals)
        shop = await find_shop(conn, caller.shop)
    message = trial_message(shop.title if shop else caller.shop, row.language)
    key, topic, now = await tools.signing.key(), topic_of(row.id), tools.outbox.clock()
    result = await push(tools.outward.post, key, tools.subject, browser, message, topic, now)
    async with tools.outbox.transaction() as tx:
        await note_test(tx, row.id, result)
    done = result.outcome == Outcome.DONE
    return json_response({"delivered": done, "reason": None if done else result.reason})
