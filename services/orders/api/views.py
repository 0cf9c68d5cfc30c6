"""Routes on saved views: lists of orders under a name, private to the key that made them or shared with the shop.

Whoever may read orders may name their lists. A view's query is checked by the very model that the list's URL is checked
by, so a view that was saved can be opened.
"""

from typing import Any
from urllib.parse import parse_qs, parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from services.orders.api.answers.shop import ViewAnswer, Views
from services.orders.api.listing import ListQuery, chosen_filters, is_repeatable
from services.orders.api.tools import Orders, Reader
from services.orders.commands.views import ViewInput, create_view, delete_view, update_view
from services.orders.queries.documents import moment
from services.orders.queries.search_views import View, find_view, list_views
from shared.outbox import Transaction
from shared.problems import Invalid
from shared.security import Caller
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/views", tags=["views"])

LIST = "/api/v1/orders"


@router.get("", response_model=Views)
async def read_views(caller: Reader, tools: Orders) -> Response:
    """One's own views and the shop's shared ones, by name."""
    async with tools.db.read() as conn:
        items = [_document(view, caller) for view in await list_views(conn, caller.shop, caller.key_id)]
    return json_response({"items": items, "next": None, "total": len(items)})


@router.get("/{view}", response_model=ViewAnswer)
async def read_view(caller: Reader, tools: Orders, view: str) -> Response:
    """One of them."""
    async with tools.db.read() as conn:
        return json_response(_document(await find_view(conn, caller.shop, caller.key_id, view), caller))


@router.post("", status_code=201, response_model=ViewAnswer)
async def add_view(request: Request, caller: Reader, tools: Orders, body: ViewInput) -> Response:
    """Give a list a name."""
    asked = _asked(body.query)

    async def command(tx: Transaction) -> Response:
        await _check(tx, caller.shop, asked)
        return json_response(_document(await create_view(tx, caller, body), caller), 201)

    return await once(request, tools.outbox, caller, command)


@router.put("/{view}", response_model=ViewAnswer)
async def put_view(caller: Reader, tools: Orders, view: str, body: ViewInput) -> Response:
    """Another name or query, shared or not any more."""
    asked = _asked(body.query)
    async with tools.outbox.transaction() as tx:
        await _check(tx, caller.shop, asked)
        return json_response(_document(await update_view(tx, caller, view, body), caller))


@router.delete("/{view}", status_code=204)
async def remove_view(caller: Reader, tools: Orders, view: str) -> Response:
    """Forget the name; the orders stay."""
    async with tools.outbox.transaction() as tx:
        await delete_view(tx, caller, view)
    return Response(status_code=204)


def _asked(query: str) -> ListQuery:
    """What the view asks of the list; refuses what the list itself would refuse, naming the parameter."""
    values = parse_qs(query, keep_blank_values=True)
    chosen = {name: found if is_repeatable(name) else found[-1] for name, found in values.items()}
    if "after" in chosen:
        raise Invalid("A view begins at its first page: leave 'after' out.", field="query")
    try:
        return ListQuery.model_validate(chosen)
    except ValidationError as error:
        errors = [
            {"field": f"query.{'.'.join(map(str, found['loc']))}", "detail": found["msg"]} for found in error.errors()
        ]
        detail = "; ".join(f"{found['field']}: {found['detail']}" for found in errors)
        raise Invalid(detail, errors=errors) from None


async def _check(tx: Transaction, shop: str, asked: ListQuery) -> None:
    """Refuse what this shop's list would refuse: a status that it has not, amounts of several currencies."""
    try:
        await chosen_filters(tx.conn, shop, asked)
    except Invalid as refused:
        for error in refused.members.get("errors", ()):
            error["field"] = f"query.{error['field']}"
        raise


def _document(view: View, caller: Caller) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name,
        "query": view.query,
        "filters": [list(pair) for pair in parse_qsl(view.query, keep_blank_values=True)],
        "url": f"{LIST}?{view.query}" if view.query else LIST,
        "shared": view.shared,
        "own": view.owner == caller.key_id,
        "created_at": moment(view.created_at),
        "updated_at": moment(view.updated_at),
    }
