"""Routes on clients: the list with its one box, one client and its orders, and what a shop does with its clients."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError

from services.orders.api.answers.customers import CustomerAnswer, Customers, CustomerSettingsAnswer
from services.orders.api.answers.orders import ListedOrders
from services.orders.api.listing import ListQuery, OrderPage, list_page
from services.orders.api.tools import Administrator, Orders, Reader, Writer, expected_version, odd_after, order_id
from services.orders.commands.accounts import end_sessions
from services.orders.commands.customers import amend_customer, create_customer, set_customer_settings
from services.orders.commands.inputs import AmendCustomer, CustomerSettings, NewCustomer
from services.orders.commands.inputs.fields import Email, Short, Words
from services.orders.commands.shop_log import Subject, logged
from services.orders.queries.customers import (
    Asked,
    CustomerRecord,
    Key,
    customer_document,
    customer_rules,
    find_customer,
    list_customers,
    settings_document,
)
from shared.outbox import Transaction
from shared.problems import Problem
from shared.web import Page, after_key, json_response, once
from shared.web.paging import Limit, page_of

router = APIRouter(prefix="/api/v1", tags=["customers"])

CUSTOMERS = "/api/v1/customers"
Id = Annotated[str, Path(max_length=40, description="the client's id")]
SortName = Literal["name", "created", "-created"]


class CustomerQuery(BaseModel):
    """The filters of the list; guests are no clients that are managed, and are listed only where asked for."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[Words, Field(description="beginnings of the words of name, company, e-mail or number")] = ""
    account: Annotated[bool, Field(description="clients with an account; false: guests")] = True
    email: Annotated[Email | None, Field(description="exactly")] = None
    number: Annotated[Short | None, Field(description="of an outside system, exactly")] = None
    tag: Short | None = None
    group: Short | None = None
    sort: SortName = "-created"
    limit: Limit = 50
    after: str | None = None


class CustomerRace(Problem):
    """Two requests gave the same address or number at the same moment."""

    slug = "customer-exists"
    title = "Another request has just taken this address or number"


@router.get("/customers", responses={200: {"model": Customers}})
async def read_customers(caller: Reader, tools: Orders, query: Annotated[CustomerQuery, Query()]) -> Page:
    """Clients of the shop, the newest first unless `sort` says otherwise."""
    asked = Asked(caller.shop, query.account, query.q, query.email, query.number, query.tag, query.group)
    async with tools.db.read() as conn:
        found, total = await list_customers(conn, asked, query.sort, query.limit, _key(query))
    more = len(found) > query.limit
    place = _place(query.sort, found[query.limit - 1]) if more else None
    return page_of([customer_document(record) for record in found], query.limit, total, place)


@router.get("/customers/{id_}", response_model=CustomerAnswer)
async def read_customer(caller: Reader, tools: Orders, id_: Id) -> Response:
    """One client, a guest too."""
    async with tools.db.read() as conn:
        return _response(await find_customer(conn, caller.shop, id_))


@router.get("/customers/{id_}/orders", responses={200: {"model": ListedOrders}})
async def read_their_orders(caller: Reader, tools: Orders, id_: Id, query: Annotated[ListQuery, Query()]) -> OrderPage:
    """The client's orders, with every filter of the list of orders."""
    async with tools.db.read() as conn:
        await find_customer(conn, caller.shop, id_)
        return await list_page(conn, caller.shop, query.model_copy(update={"customer_id": [id_]}))


@router.post("/customers", status_code=201, response_model=CustomerAnswer)
async def add_customer(request: Request, caller: Writer, tools: Orders, body: NewCustomer) -> Response:
    """A client with an account; whoever ordered as a guest before keeps the record."""

    async def command(tx: Transaction) -> Response:
        made = await create_customer(tx, caller.shop, body)
        return _response(made, 201, Location=f"{CUSTOMERS}/{made.id}")

    try:
        return await once(request, tools.outbox, caller, command)
    except IntegrityError:
        raise CustomerRace("Another client has just got this address or number.") from None


@router.patch("/customers/{id_}", response_model=CustomerAnswer)
async def patch_customer(request: Request, caller: Writer, tools: Orders, id_: Id, body: AmendCustomer) -> Response:
    """Change what is named and leave the rest; `If-Match` takes a version."""
    version = expected_version(request)
    try:
        async with tools.outbox.transaction() as tx:
            return _response(await amend_customer(tx, caller.shop, id_, body, version=version))
    except IntegrityError:
        raise CustomerRace("Another client has just got this address or number.") from None


@router.delete("/customers/{id_}/sessions", status_code=204)
async def end_their_sessions(caller: Writer, tools: Orders, id_: Id) -> Response:
    """Sign the client out everywhere; links that were mailed open nothing any more."""
    async with tools.outbox.transaction() as tx:
        await find_customer(tx.conn, caller.shop, id_, lock=True)
        await end_sessions(tx, id_)
    return Response(status_code=204)


@router.get("/shop/customers", response_model=CustomerSettingsAnswer)
async def read_settings(caller: Reader, tools: Orders) -> Response:
    """What the shop does with its clients: their space, tags for what they buy."""
    async with tools.db.read() as conn:
        return json_response(settings_document(await customer_rules(conn, caller.shop)))


@router.put("/shop/customers", response_model=CustomerSettingsAnswer)
async def put_settings(caller: Administrator, tools: Orders, body: CustomerSettings) -> Response:
    """The same as it shall be; tags that were given stay."""
    async with tools.outbox.transaction() as tx, logged(tx, caller.shop, caller.actor, Subject.CUSTOMERS):
        return json_response(settings_document(await set_customer_settings(tx, caller.shop, body)))


def _response(record: CustomerRecord, status: int = 200, **headers: str) -> Response:
    """A client with its version as `ETag`."""
    return json_response(customer_document(record), status, {"ETag": f'"{record.version}"', **headers})


def _place(sort: str, record: CustomerRecord) -> list[str]:
    return [sort, record.name, record.id] if sort == "name" else [sort, record.id]


def _key(query: CustomerQuery) -> Key | None:
    """Where the page begins; a key belongs to the sort that it was handed out for."""
    found = after_key(query.after, 3 if query.sort == "name" else 2)
    if found is None:
        return None
    sort, *values = found
    if sort != query.sort or not all(isinstance(value, str) for value in values):
        raise odd_after()
    return (*values[:-1], order_id(values[-1]))
