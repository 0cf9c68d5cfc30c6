"""The client space: a link by mail and what it opens. Clients have no key; a session's token says who they are.

`POST /api/v1/account/links` is open to all and tells nobody anything. `GET /a/{token}` looks at a link, since mail
scanners do; `POST /a/{token}` follows it.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response

from services.orders.api.answers.customers import (
    AccountAnswer,
    OwnOrders,
    SpaceLink,
    SpaceNewsList,
    SpaceSession,
    Told,
    Wishes,
)
from services.orders.api.history import PRIVATE
from services.orders.api.tools import Orders, expected_version, odd_after, order_id
from services.orders.commands.accounts import ask_for_link, end_session, find_link, follow_link
from services.orders.commands.client_space import add_wish, amend_own, remove_wish
from services.orders.commands.inputs.account import AccountPatch, LinkRequest
from services.orders.queries.account import (
    Key,
    Session,
    SignInNeeded,
    count_own_orders,
    find_session,
    list_wishes,
    open_space,
    own_document,
    own_orders,
)
from services.orders.queries.customers import CustomerRecord, find_customer
from services.orders.queries.news import news_for
from shared.contracts import Shop
from shared.security import open_to_all
from shared.web import after_key, json_response
from shared.web.openapi import also
from shared.web.paging import Limit, encode_key

router = APIRouter(tags=["client space"])

ACCOUNT = "/api/v1/account"
Token = Annotated[str, Path(max_length=200, description="as it stands in the mail")]
ShopHeader = Annotated[str | None, Header(alias="Comptoir-Shop", max_length=40)]
Sku = Annotated[str, Path(min_length=1, max_length=100)]


async def signed_in(request: Request, tools: Orders, shop: ShopHeader = None) -> Session:
    """The client whose session's token stands in `Authorization: Bearer …`."""
    scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise SignInNeeded("Send the header 'Authorization: Bearer <token of a session>'.")
    async with tools.db.read() as conn:
        return await find_session(conn, token.strip(), shop, tools.outbox.clock())


signed_in.scope = "client"  # type: ignore[attr-defined] # the policy of these routes (`shared.web.policies`)
Client = Annotated[Session, Depends(signed_in)]


@router.post(f"{ACCOUNT}/links", status_code=202, dependencies=[Depends(open_to_all)], response_model=Told)
async def ask(tools: Orders, body: LinkRequest) -> Response:
    """Have a link mailed to a client with an account; the answer is the same for everybody."""
    async with tools.outbox.transaction() as tx:
        await ask_for_link(tx, body.shop, body.email)
        tx.after_commit(tools.links_wanted)
    return json_response({"detail": "If the address has an account, a link is on its way."}, 202)


@router.get("/a/{token}", responses=also(410), dependencies=[Depends(open_to_all)], response_model=SpaceLink)
async def look(tools: Orders, token: Token, shop: ShopHeader = None) -> Response:
    """Whether a link is good; it stays so."""
    async with tools.db.read() as conn:
        link = await find_link(conn, token, shop, tools.outbox.clock())
    found = {"shop": link.shop.shop, "title": link.shop.title, "expires_at": link.expires_at}
    return json_response(found, headers=PRIVATE)


@router.post(
    "/a/{token}",
    status_code=201,
    responses=also(410),
    dependencies=[Depends(open_to_all)],
    response_model=SpaceSession,
)
async def follow(tools: Orders, token: Token, shop: ShopHeader = None) -> Response:
    """Follow a link, which can be done once: a session, whose token is told now and never again."""
    async with tools.outbox.transaction() as tx:
        opened = await follow_link(tx, tools.settings, token, shop)
    body = {"shop": opened.shop, "token": opened.token, "expires_at": opened.expires_at}
    return json_response(body, 201, PRIVATE)


@router.delete(f"{ACCOUNT}/session", status_code=204)
async def leave(session: Client, tools: Orders) -> Response:
    """The session ends; its token opens nothing any more."""
    async with tools.outbox.transaction() as tx:
        await end_session(tx, session.sha256)
    return Response(status_code=204)


@router.get(ACCOUNT, response_model=AccountAnswer)
async def read_account(session: Client, tools: Orders) -> Response:
    """The client's own data."""
    async with tools.db.read() as conn:
        shop = await open_space(conn, session.shop)
        return _own(await find_customer(conn, session.shop, session.customer_id), shop)


@router.patch(ACCOUNT, response_model=AccountAnswer)
async def patch_account(request: Request, session: Client, tools: Orders, body: AccountPatch) -> Response:
    """Change language and addresses; `If-Match` takes a version."""
    version = expected_version(request)
    async with tools.outbox.transaction() as tx:
        shop = await open_space(tx.conn, session.shop)
        return _own(await amend_own(tx, session, shop, body, version=version), shop)


@router.get(f"{ACCOUNT}/orders", response_model=OwnOrders)
async def read_orders(session: Client, tools: Orders, limit: Limit = 50, after: str | None = None) -> Response:
    """The client's orders as they are published, with their parcels, the newest first."""
    async with tools.db.read() as conn:
        shop = await open_space(conn, session.shop)
        items, more = await own_orders(conn, session, shop, limit, _key(after))
        total = await count_own_orders(conn, session)
    place = None if more is None else encode_key([more[0].isoformat(), more[1]])
    return json_response({"items": items, "next": place, "total": total}, headers=PRIVATE)


@router.get(f"{ACCOUNT}/news", response_model=SpaceNewsList)
async def read_news(session: Client, tools: Orders) -> Response:
    """What the shop tells its clients now: in the client's language, else in the first of the shop's."""
    async with tools.db.read() as conn:
        shop = await open_space(conn, session.shop)
        client = await find_customer(conn, session.shop, session.customer_id)
        own = client.language or ""
        languages = [own, own.partition("-")[0], *shop.languages]
        items = await news_for(conn, session.shop, languages, tools.outbox.clock())
    return json_response({"items": items, "next": None, "total": len(items)}, headers=PRIVATE)


@router.get(f"{ACCOUNT}/wishes", response_model=Wishes)
async def read_wishes(session: Client, tools: Orders) -> Response:
    """The wish list, the newest first."""
    async with tools.db.read() as conn:
        items = await list_wishes(conn, session)
    return json_response({"items": items, "next": None, "total": len(items)}, headers=PRIVATE)


@router.put(f"{ACCOUNT}/wishes/{{sku:path}}", status_code=204)
async def put_wish(session: Client, tools: Orders, sku: Sku) -> Response:
    """A product of the shop that the client wishes for."""
    async with tools.outbox.transaction() as tx:
        await add_wish(tx, session, sku)
    return Response(status_code=204)


@router.delete(f"{ACCOUNT}/wishes/{{sku:path}}", status_code=204)
async def delete_wish(session: Client, tools: Orders, sku: Sku) -> Response:
    """Wished for no more."""
    async with tools.outbox.transaction() as tx:
        await remove_wish(tx, session, sku)
    return Response(status_code=204)


def _own(record: CustomerRecord, shop: Shop) -> Response:
    return json_response(own_document(record, shop), headers={**PRIVATE, "ETag": f'"{record.version}"'})


def _key(after: str | None) -> Key | None:
    found = after_key(after, 2, kinds=(str, str))
    if found is None:
        return None
    try:
        moment = datetime.fromisoformat(found[0])
    except ValueError:
        raise odd_after() from None
    if moment.tzinfo is None:
        raise odd_after()
    return moment, order_id(found[1])
