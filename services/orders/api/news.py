"""Routes on a shop's news for its client space; clients read them by `account`."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.orders.api.answers.customers import NewsAnswer, NewsList
from services.orders.api.tools import Orders, Reader, Writer
from services.orders.commands.inputs.account import NewsInput
from services.orders.commands.news import create_news, delete_news, update_news
from services.orders.queries.news import find_news, list_news, news_document
from shared.outbox import Transaction
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/news", tags=["customers"])


@router.get("", response_model=NewsList)
async def read_news(caller: Reader, tools: Orders) -> Response:
    """All news, those of the past and of the future too, the newest first."""
    async with tools.db.read() as conn:
        items = [news_document(found) for found in await list_news(conn, caller.shop)]
    return json_response({"items": items, "next": None, "total": len(items)})


@router.get("/{id_}", response_model=NewsAnswer)
async def read_one(caller: Reader, tools: Orders, id_: str) -> Response:
    """One of them."""
    async with tools.db.read() as conn:
        return json_response(news_document(await find_news(conn, caller.shop, id_)))


@router.post("", status_code=201, response_model=NewsAnswer)
async def add_news(request: Request, caller: Writer, tools: Orders, body: NewsInput) -> Response:
    """News that clients see in their space alone, in their language, from `starts_at` to `ends_at`."""

    async def command(tx: Transaction) -> Response:
        return json_response(news_document(await create_news(tx, caller.shop, body)), 201)

    return await once(request, tools.outbox, caller, command)


@router.put("/{id_}", response_model=NewsAnswer)
async def put_news(caller: Writer, tools: Orders, id_: str, body: NewsInput) -> Response:
    """As they shall be."""
    async with tools.outbox.transaction() as tx:
        return json_response(news_document(await update_news(tx, caller.shop, id_, body)))


@router.delete("/{id_}", status_code=204)
async def remove_news(caller: Writer, tools: Orders, id_: str) -> Response:
    """Take them back."""
    async with tools.outbox.transaction() as tx:
        await delete_news(tx, caller.shop, id_)
    return Response(status_code=204)
