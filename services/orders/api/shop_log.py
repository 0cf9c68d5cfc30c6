"""The log of the shop over HTTP: who did what, to which order or to the configuration.

Whoever may read orders reads it; what was done to keys is for administrators.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from services.orders.api.answers.histories import ShopLog
from services.orders.api.listing import Day, Several, moment_of
from services.orders.api.tools import Orders, Reader, moment_in, order_id
from services.orders.commands.inputs.fields import Short
from services.orders.commands.shop_log import Subject
from services.orders.queries.shop_log import Asked, LogItem, Place, read_log
from services.orders.queries.statistics import zone_of
from shared.web import after_key, json_response
from shared.web.paging import Limit, encode_key

router = APIRouter(prefix="/api/v1", tags=["shop"])


class LogQuery(BaseModel):
    """The filters of the log and its page."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[Several[Short], Field(description="status, edit, deletion …; shop, keys, statuses …")] = None
    actor: Several[Short] = None
    order: Annotated[Short | None, Field(description="an order's code, however typed")] = None
    first: Annotated[Day | None, Field(alias="from", description="a moment, or a day of the shop's zone")] = None
    last: Annotated[Day | None, Field(alias="to", description="before this moment, or to the end of this day")] = None
    limit: Limit = 50
    after: str | None = None


@router.get("/log", response_model=ShopLog)
async def read_shop_log(caller: Reader, tools: Orders, query: Annotated[LogQuery, Query()]) -> Response:
    """What was done in the shop, the newest first: to its orders, deleted ones too, and to its configuration."""
    async with tools.db.read() as conn:
        zone = await zone_of(conn, caller.shop)
        asked = Asked(
            kinds=query.kind or (),
            actors=query.actor or (),
            order=query.order,
            start=None if query.first is None else moment_of(query.first, zone),
            end=None if query.last is None else moment_of(query.last, zone, end=True),
            hidden=() if caller.is_admin else (Subject.KEYS,),
        )
        found = await read_log(conn, caller.shop, asked, query.limit, _place(query.after))
    return json_response(_page(found, query.limit))


def _page(items: list[LogItem], limit: int) -> dict[str, Any]:
    """A log is as long as the shop is old, so that nobody counts it."""
    shown = items[:limit]
    last = encode_key([shown[-1].at.isoformat(), shown[-1].id]) if len(items) > limit else None
    return {"items": [item.document for item in shown], "next": last}


def _place(after: str | None) -> Place | None:
    found = after_key(after, 2, kinds=(str, str))
    return None if found is None else (moment_in(found[0]), order_id(found[1]))
