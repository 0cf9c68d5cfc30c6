"""Routes on the books: number series and their formats, closed days."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.billing.api.answers.books import ChosenFormat, Closings, SeriesAnswer
from services.billing.api.tools import Billing, Reader, Writer
from services.billing.commands.formats import set_format
from services.billing.queries.closings import list_closings
from services.billing.queries.numbering import list_series
from shared.problems import Unavailable
from shared.security import find_shop
from shared.web import Page, after_key, json_response, page_of
from shared.web.paging import Limit

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

Prefix = Annotated[str, Path(pattern=r"^[A-Z0-9]{1,10}$")]


class FormatBody(BaseModel):
    """`{"format": "FA-{year}/{n:05}", "from_year": 2027}`; without a year, from the first that has not begun."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    from_year: Annotated[int, Field(ge=2000, le=2199)] | None = None


@router.get("/series", response_model=SeriesAnswer)
async def get_series(caller: Reader, billing: Billing) -> Response:
    """The number series of the shop's legal entity, and the formats that were chosen for years to come."""
    async with billing.db.read() as conn:
        return json_response(await list_series(conn, caller.shop))


@router.put("/series/{series}", response_model=ChosenFormat)
async def put_format(caller: Writer, billing: Billing, series: Prefix, body: FormatBody) -> Response:
    """Choose how the numbers of a series are written, from a year on in which it has none yet."""
    async with billing.outbox.transaction() as tx:
        shop = await find_shop(tx.conn, caller.shop)
        if shop is None:
            raise Unavailable("The shop has not been heard of yet.")
        year = await set_format(tx, shop, series, body.format, body.from_year)
    return json_response({"series": series, "format": body.format, "from_year": year})


@router.get("/closings", responses={200: {"model": Closings}})
async def get_closings(
    caller: Reader,
    billing: Billing,
    period: Literal["day", "month", "year"] | None = None,
    limit: Limit = 50,
    after: str | None = None,
) -> Page:
    """Closed days, months and years, the newest first, with the shop's totals and the heads of the series."""
    key = after_key(after, 1, kinds=[int])
    async with billing.db.read() as conn:
        items, total = await list_closings(conn, caller.shop, period, limit, _place(key))
    return page_of(items, limit, total, [items[limit - 1]["n"]] if len(items) > limit else None)


def _place(key: list[int] | None) -> int | None:
    """The number of a closing, however large a forged one says it is."""
    return None if key is None else max(0, min(key[0], 2**62))
