"""Buyers for the marketplace sandboxes: an order is bought, its buyer asks to cancel it, the marketplace cancels it.

`POST /sandbox/{amazon|ebay}/orders` and `PATCH …/orders/{id}`; the answer is the order in the vendor's own shape.
"""

from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.problems import NotFound
from shared.security import open_to_all
from shared.web import json_response

Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[ -~À-ɏ]+$")]
Money = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=2)]


class Purchase(BaseModel):
    """What somebody buys: so many units of the seller's SKU."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sku: Text
    title: Text = "Graves rouge"
    quantity: Annotated[int, Field(ge=1, le=10_000)] = 1
    unit_price: Money = Decimal("12.00")
    shipping: Money = Decimal("0.00")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "EUR"
    buyer: Text = "Zoé Martin"


class Happening(BaseModel):
    """What befalls an order at the marketplace."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cancel_requested: bool = False
    cancelled: bool = False


class BoughtOrder(BaseModel):
    """The order as the marketplace shows it: the rest is as its own documentation says."""

    model_config = ConfigDict(extra="allow")

    orderId: str


class Market(Protocol):
    """The orders of one sandbox."""

    def buy(self, purchase: Purchase) -> dict[str, Any]: ...

    def change(self, order_id: str, *, cancelled: bool, cancel_requested: bool) -> dict[str, Any] | None: ...


async def _market(request: Request) -> Market:
    """That of the sandbox which the path names."""
    found: Market = getattr(request.app.state.sandbox, request.url.path.split("/")[2]).orders
    return found


Asked = Annotated[Market, Depends(_market)]


@cache
def buying_router(name: str) -> APIRouter:
    """The doors for buyers of one sandbox."""
    router = APIRouter(prefix=f"/sandbox/{name}/orders", tags=["sandbox"], dependencies=[Depends(open_to_all)])
    router.post("", status_code=201, response_model=BoughtOrder)(buy)
    router.patch("/{order}", response_model=BoughtOrder)(change)
    return router


async def buy(market: Asked, purchase: Purchase) -> Response:
    """Have somebody buy something."""
    return json_response(market.buy(purchase), 201)


async def change(market: Asked, order: str, happening: Happening) -> Response:
    """Have the buyer ask to cancel, or the marketplace cancel."""
    found = market.change(order, cancelled=happening.cancelled, cancel_requested=happening.cancel_requested)
    if found is None:
        raise NotFound("Nobody bought this here.")
    return json_response(found)
