"""Routes on exchange rates: French VAT in another currency is told in euros, at the rate that the seller enters."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.billing.api.answers.books import MissingRates, RateAnswer, Rates
from services.billing.api.tools import Billing, Reader, Writer
from services.billing.commands.rates import Published, set_rate
from services.billing.queries.rates import list_missing, list_rates
from shared.problems import Invalid
from shared.web import Page, after_key, page_of
from shared.web.paging import Limit

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Day = Annotated[date, Path(ge=date(2000, 1, 1), le=date(2199, 12, 31))]


def _plain(written: Any) -> Any:
    """A number written with digits and a point, as amounts are: no exponent, which hides a slip of the keyboard."""
    if isinstance(written, str) and "e" in written.lower():
        raise ValueError("must be written without an exponent")
    return written


class RateBody(BaseModel):
    """Units of the currency for one euro, and who published it: `{"rate": "1.0856", "source": "BCE"}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Annotated[Decimal, BeforeValidator(_plain), Field(gt=0, lt=10**8, max_digits=16, decimal_places=8)]
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


@router.get("/exchange-rates", responses={200: {"model": Rates}})
async def get_rates(
    caller: Reader, billing: Billing, currency: Code | None = None, limit: Limit = 50, after: str | None = None
) -> Page:
    """The rates that were entered, the newest day first."""
    key = after_key(after, 2, kinds=[str, str])
    async with billing.db.read() as conn:
        items, total = await list_rates(conn, caller.shop, currency, limit, None if key is None else _place(key))
    more = len(items) > limit
    return page_of(items, limit, total, [items[limit - 1][name] for name in ("day", "currency")] if more else None)


@router.get("/exchange-rates/missing", responses={200: {"model": MissingRates}})
async def get_missing(caller: Reader, billing: Billing, limit: Limit = 50, after: str | None = None) -> Page:
    """The orders whose documents wait for a rate, the oldest first."""
    key = after_key(after, 1, kinds=[str])
    async with billing.db.read() as conn:
        items, ids, total = await list_missing(conn, caller.shop, limit, None if key is None else key[0])
    return page_of(items, limit, total, [ids[limit - 1]] if len(ids) > limit else None)


@router.put("/exchange-rates/{currency}/{day}", responses={200: {"model": RateAnswer}})
async def put_rate(
    caller: Writer, billing: Billing, currency: Annotated[Code, Path()], day: Day, body: RateBody
) -> dict[str, Any]:
    """Enter the rate of a day, or correct it: documents that were issued keep theirs, those that waited are issued."""
    told = Published(currency, day, body.rate, body.source)
    async with billing.outbox.transaction() as tx:
        return await set_rate(tx, caller.shop, told, caller.actor)


def _place(key: list[str]) -> tuple[date, str]:
    try:
        return date.fromisoformat(key[0]), key[1]
    except ValueError as error:
        raise Invalid("'after' is not a value this list returned as 'next'.", field="after") from error
