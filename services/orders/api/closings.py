"""When a shop is closed, for its site: open to all, since every visitor reads it."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.orders.api.answers.shop import Closings
from services.orders.api.tools import Orders
from services.orders.commands.inputs.fields import Language, Short
from services.orders.domain.closings import Closing, present_and_coming
from shared.contracts import Shop
from shared.problems import NotFound
from shared.security import find_shop, open_to_all
from shared.web import json_response

router = APIRouter(prefix="/api/v1", tags=["shop"], dependencies=[Depends(open_to_all)])

CACHED = {"Cache-Control": "public, max-age=300"}


class ClosingsQuery(BaseModel):
    """Whose closings, and in which language."""

    model_config = ConfigDict(extra="forbid")

    shop: Annotated[Short, Field(description="the shop's id")]
    language: Annotated[Language | None, Field(description="else the shop's first one")] = None


@router.get("/closings", response_model=Closings)
async def read_closings(tools: Orders, query: Annotated[ClosingsQuery, Query()]) -> Response:
    """The periods in which the shop does not ship, present and coming; days are those of the shop's zone."""
    async with tools.db.read() as conn:
        shop = await find_shop(conn, query.shop)
    if shop is None:
        raise NotFound(f"There is no shop '{query.shop}'.")
    today = tools.outbox.clock().astimezone(ZoneInfo(shop.timezone)).date()
    languages = [language for language in (query.language, *shop.languages) if language]
    items = [
        {
            "starts": closing.starts.isoformat(),
            "ends": closing.ends.isoformat(),
            "now": closing.starts <= today,
            "text": closing.text_in(languages),
        }
        for closing in present_and_coming(_closings(shop), today)
    ]
    return json_response({"items": items, "next": None, "total": len(items)}, headers=CACHED)


def _closings(shop: Shop) -> list[Closing]:
    return [
        Closing(date.fromisoformat(told.starts), date.fromisoformat(told.ends), told.texts) for told in shop.closings
    ]
