"""What a client is shown of prices: the route a site asks before it shows a page, or an operator on the phone."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.api.answers.customers import Prices
from services.orders.api.tools import Orders, Reader
from services.orders.commands.inputs.fields import Currency, Short
from services.orders.domain.prices import Article, Tariff, shown
from services.orders.queries.groups import find_group
from services.orders.queries.prices import find_articles, tariff_of_customer, tariff_of_group
from shared.problems import Invalid, NotFound
from shared.security import find_shop
from shared.web import json_response

router = APIRouter(prefix="/api/v1", tags=["customers"])


class PricesQuery(BaseModel):
    """Which articles, and for whom: a customer (by e-mail or id), or anybody of a group; neither is a guest."""

    model_config = ConfigDict(extra="forbid")

    sku: Annotated[list[Short], Field(min_length=1, max_length=200)]
    customer: Annotated[Short | None, Field(description="e-mail or id")] = None
    group: Short | None = None
    currency: Annotated[Currency | None, Field(description="the shop's, if absent")] = None


@router.get("/prices", response_model=Prices)
async def read_prices(caller: Reader, tools: Orders, query: Annotated[PricesQuery, Query()]) -> Response:
    """The prices an order of this client would take, with tax or net as the group says; null with a reason."""
    if query.customer is not None and query.group is not None:
        raise Invalid("A customer has a group: name one of the two.", field="group")
    async with tools.db.read() as conn:
        tariff = await _tariff(conn, caller.shop, query)
        articles = await find_articles(conn, caller.shop, query.sku)
        currency = query.currency or await _currency(conn, caller.shop)
    items = [_item(sku, articles.get(sku), tariff, currency) for sku in dict.fromkeys(query.sku)]
    answer = {"group": tariff.group, "prices_include_tax": tariff.with_tax, "currency": currency}
    return json_response(answer | {"items": items, "next": None, "total": len(items)})


async def _tariff(conn: AsyncConnection, shop: str, query: PricesQuery) -> Tariff:
    if query.group is None:
        return await tariff_of_customer(conn, shop, query.customer or "")
    try:
        return tariff_of_group(await find_group(conn, shop, query.group))
    except NotFound as error:
        raise Invalid(error.detail, field="group") from None


async def _currency(conn: AsyncConnection, shop: str) -> str:
    found = await find_shop(conn, shop)
    return found.currency if found is not None else "EUR"


def _item(sku: str, article: Article | None, tariff: Tariff, currency: str) -> dict[str, Any]:
    """A price as it is shown, or why there is none."""
    price = None if article is None else article.price(tariff.price_list, currency)
    rate = None if article is None else article.tax_rate
    amount, reason = None, None
    if article is None:
        reason = "unknown_sku"
    elif price is None:
        reason = "no_price"
    elif rate is None and price.includes_tax != tariff.with_tax:
        reason = "no_tax_rate"
    else:
        amount = f"{shown(price, rate or Decimal(0), currency, with_tax=tariff.with_tax):f}"
    return {
        "sku": sku,
        "name": None if article is None else article.title,
        "tax_rate": None if rate is None else f"{rate:f}",
        "price_list": None if price is None else price.price_list,
        "price": amount,
        "reason": reason,
    }
