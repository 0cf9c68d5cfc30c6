"""Routes on orders: the fixed points of the API. Each is one command or one query; rules and texts stand there."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import IntegrityError

from services.orders.api.tools import (
    Reader,
    Tools,
    Writer,
    commanding,
    documents_of,
    expected_version,
    odd_after,
    order_id,
    order_response,
)
from services.orders.api.waiting import inventory_heard, wait_seconds
from services.orders.commands.deleting import delete_order
from services.orders.commands.editing import correct_parcel, edit_lines
from services.orders.commands.inputs import (
    CorrectParcel,
    DecisionInput,
    DeleteOrder,
    EditLines,
    MoveOrder,
    PlaceOrder,
)
from services.orders.commands.inputs.fields import Short, Words
from services.orders.commands.moving import move, question_document
from services.orders.commands.placing import place, place_many
from services.orders.domain.transitions import Verdict, questions, reachable
from services.orders.queries.catalogue import list_statuses, shop_rules
from services.orders.queries.lists import Filters, list_orders
from services.orders.queries.records import find_order
from services.orders.queries.timeline import order_timeline
from shared.database import new_id
from shared.outbox import Transaction
from shared.problems import Invalid, Problem
from shared.security import Caller
from shared.web import Page, after_key, json_response, once
from shared.web.idempotency import HEADER, remember, scope_of
from shared.web.paging import Limit, page_of

BATCH = 200
Code = Annotated[str, Path(max_length=40, description="the order's code, however typed")]


class Batch(BaseModel):
    """Up to 200 orders, checked one by one."""

    model_config = ConfigDict(extra="forbid")

    orders: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=BATCH)]


class Collision(Problem):
    """Two requests created the same order at the same moment; sent again, it is found."""

    slug = "external-id-taken"
    title = "The order is being created by another request"


def order_routes(tools: Tools) -> APIRouter:
    """Reading and changing orders."""
    router = APIRouter(prefix="/api/v1/orders", tags=["orders"])
    _add_reads(router, tools)
    _add_placing(router, tools)
    _add_changes(router, tools)
    return router


def _add_reads(router: APIRouter, tools: Tools) -> None:
    @router.get("")
    async def read_orders(caller: Reader, filters: Annotated[ListQuery, Query()]) -> Page:
        """Orders of the shop, the newest first."""
        found = after_key(filters.after, 2)
        after = None if found is None else _list_key(found)
        chosen = Filters(**filters.model_dump(exclude={"limit", "after"}))
        async with tools.db.read() as conn:
            records, total = await list_orders(conn, caller.shop, chosen, filters.limit, after)
            documents = await documents_of(conn, records)
        last = records[filters.limit - 1] if len(records) > filters.limit else None
        key = None if last is None else [last.placed_at.isoformat(), last.id]
        return page_of(documents, filters.limit, total, key)

    @router.get("/{code}")
    async def read_order(caller: Reader, code: Code) -> Response:
        """One order; `ETag` is its version."""
        return order_response(await _document(tools, caller, code))

    @router.get("/{code}/timeline")
    async def read_timeline(caller: Reader, code: Code) -> Response:
        """Its whole history: entries, parcels, stock, payment, documents, deliveries."""
        async with tools.db.read() as conn:
            items = await order_timeline(conn, await find_order(conn, caller.shop, code))
        return json_response({"items": items, "next": None, "total": len(items)})

    @router.get("/{code}/transitions")
    async def read_transitions(request: Request, caller: Reader, code: Code) -> Response:
        """The statuses that can be reached from here: free, with a decision, or not."""
        actor = await commanding(request, caller, tools.keyring)
        async with tools.db.read() as conn:
            record = await find_order(conn, caller.shop, code)
            rules = await shop_rules(conn, caller.shop)
            known = await list_statuses(conn, caller.shop)
        ways = reachable(record.type, rules.profile, manager=actor.manager)
        found: dict[str, list[dict[str, Any]]] = {"allowed": [], "confirm": [], "refused": []}
        names = {Verdict.FREE: "allowed", Verdict.CONFIRM: "confirm", Verdict.REFUSED: "refused"}
        for status in known:
            if status.active:
                name = status.texts_in(record.language).get("name", status.mnemonic)
                document: dict[str, Any] = {"mnemonic": status.mnemonic, "type": status.type, "name": name}
                if ways[status.type] is Verdict.CONFIRM:
                    asked = questions(record.type, status.type)
                    document["questions"] = [question_document(question) for question in asked]
                found[names[ways[status.type]]].append(document)
        return json_response(found)


class ListQuery(BaseModel):
    """The filters of the list, its page and its place."""

    settled: bool | None = None
    status: Short | None = None
    type: Short | None = None
    channel: Short | None = None
    code: Short | None = None
    external_id: Short | None = None
    payment: Short | None = None
    stock: Short | None = None
    invoice: Short | None = None
    q: Words | None = None
    limit: Limit = 50
    after: str | None = None


def _list_key(found: list[Any]) -> tuple[datetime, str]:
    try:
        placed_at = datetime.fromisoformat(found[0])
    except (TypeError, ValueError):
        raise odd_after() from None
    if placed_at.tzinfo is None:
        raise odd_after()
    return placed_at, order_id(found[1])


def _add_placing(router: APIRouter, tools: Tools) -> None:
    @router.post("", status_code=201)
    async def place_order(request: Request, body: PlaceOrder, caller: Writer) -> Response:
        """Create an order; with `Prefer: wait=N` answer once inventory has."""
        actor = await commanding(request, caller, tools.keyring)
        id_ = new_id()

        async def command(tx: Transaction) -> Response:
            record = await place(tx, caller.shop, body, actor, id_=id_)
            return _created((await documents_of(tx.conn, [record]))[0])

        async with tools.hints.waiting(id_) as changed:
            response = await _placing(once(request, tools.outbox, caller, command))
            seconds = wait_seconds(request.headers.get("prefer"))
            if seconds is None or "preference-applied" in response.headers:
                return response
            made = orjson.loads(response.body)
            if not await inventory_heard(tools.db, made["id"], made["version"], seconds, changed):
                return _created(await _document(tools, caller, made["code"]))
        awaited = _created(await _document(tools, caller, made["code"]), **{"Preference-Applied": f"wait={seconds:g}"})
        if (key := request.headers.get(HEADER)) is not None:
            async with tools.outbox.transaction() as tx:
                await remember(tx, scope_of(request, caller, key), awaited)
        return awaited

    @router.post("/batch")
    async def place_orders(request: Request, body: Batch, caller: Writer) -> Response:
        """Create up to 200 orders in one transaction; known external ids are found, invalid ones told."""
        actor = await commanding(request, caller, tools.keyring)
        checked = [_checked(document) for document in body.orders]
        valid = [order for order in checked if isinstance(order, PlaceOrder)]

        async def command(tx: Transaction) -> Response:
            placed = iter(await place_many(tx, caller.shop, valid, actor) if valid else [])
            items: list[dict[str, Any]] = []
            for order in checked:
                if isinstance(order, PlaceOrder):
                    result = next(placed)
                    items.append({"status": 200 if result.record is None else 201, "code": result.code})
                else:
                    items.append({"status": 422, "code": None, "errors": order})
            return json_response({"items": items})

        return await _placing(once(request, tools.outbox, caller, command))


def _checked(document: dict[str, Any]) -> PlaceOrder | list[dict[str, str]]:
    """The order of a batch, or what is wrong with it."""
    try:
        return PlaceOrder.model_validate_json(orjson.dumps(document))
    except ValidationError as error:
        return [
            {"field": ".".join(map(str, found["loc"])), "detail": found["msg"]}
            for found in error.errors(include_url=False, include_input=False, include_context=False)
        ]


async def _placing(work: Any) -> Response:
    """A race on an external id is a conflict that the caller may repeat, not an error of ours."""
    try:
        response: Response = await work
    except IntegrityError:
        raise Collision("Another request is creating this order: send it again to find it.") from None
    return response


def _created(document: dict[str, Any], **headers: str) -> Response:
    return order_response(document, 201, Location=f"/api/v1/orders/{document['code']}", **headers)


async def _document(tools: Tools, caller: Caller, code: str) -> dict[str, Any]:
    async with tools.db.read() as conn:
        record = await find_order(conn, caller.shop, code)
        return (await documents_of(conn, [record]))[0]


def _add_changes(router: APIRouter, tools: Tools) -> None:
    @router.post("/{code}/status")
    async def move_order(request: Request, code: Code, body: MoveOrder, caller: Writer) -> Response:
        """Change the status, with a shipment and a decision where there is one."""
        actor, version = await commanding(request, caller, tools.keyring), expected_version(request)

        async def command(tx: Transaction) -> Response:
            record = await move(tx, caller.shop, code, body, actor, version=version)
            return order_response((await documents_of(tx.conn, [record]))[0])

        return await once(request, tools.outbox, caller, command)

    @router.put("/{code}/lines")
    async def put_lines(request: Request, code: Code, body: EditLines, caller: Writer) -> Response:
        """All lines as they shall be; an absent id is removed."""
        actor, version = await commanding(request, caller, tools.keyring), expected_version(request)
        async with tools.outbox.transaction() as tx:
            record = await edit_lines(tx, caller.shop, code, body, actor, version=version)
            document = (await documents_of(tx.conn, [record]))[0]
        return order_response(document)

    @router.put("/{code}/parcels/{number}")
    async def put_parcel(
        request: Request, code: Code, number: Annotated[int, Path(ge=1)], body: CorrectParcel, caller: Writer
    ) -> Response:
        """Correct a parcel's carrier or tracking number."""
        actor = await commanding(request, caller, tools.keyring)
        async with tools.outbox.transaction() as tx:
            record = await correct_parcel(tx, caller.shop, code, number, body, actor)
            document = (await documents_of(tx.conn, [record]))[0]
        return order_response(document)

    @router.delete("/{code}", status_code=204)
    async def remove_order(
        request: Request,
        code: Code,
        caller: Writer,
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
        raise Invalid("'stock' is all, unshipped or none here; 'lines' needs a body.", field="stock") from None
