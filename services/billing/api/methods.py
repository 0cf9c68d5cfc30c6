"""Routes on the ways to pay that a shop offers, what came by each, and the payment link of an order."""

from datetime import date
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.billing.api.answers.money import LinkAnswer, Methods, Takings
from services.billing.api.fields import STORABLE, Name
from services.billing.api.tools import Administrator, Billing, Reader, Tools, Writer
from services.billing.commands.links import send_link
from services.billing.commands.methods import set_methods
from services.billing.commands.pay import order_of
from services.billing.domain.methods import STRIPE, Method, MethodKind
from services.billing.queries.links import link_view
from services.billing.queries.methods import find_methods, method_view
from services.billing.queries.takings import takings
from shared.database import Database
from shared.outbox import Transaction
from shared.web import json_response, once

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), STORABLE]


class MethodBody(BaseModel):
    """One way to pay: `{"id": "sumup", "kind": "card", "names": {"fr": "Carte au comptoir"}}`.

    `capture`: `later` has the client's bank hold the money until an operator takes it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    kind: MethodKind
    names: Annotated[dict[Language, Name], Field(min_length=1, max_length=20)]
    instructions: Annotated[dict[Language, Text], Field(max_length=20)] = {}
    active: bool = True
    provider: Literal["stripe"] | None = None
    capture: Literal["now", "later"] = "now"

    @model_validator(mode="after")
    def _charged(self) -> Self:
        if self.provider is None and self.capture == "later":
            raise ValueError("capture: only a provider can take the money later")
        return self

    def method(self) -> Method:
        provider = STRIPE if self.provider else None
        return Method(self.id, self.kind, self.names, self.instructions, self.active, provider, self.capture == "later")


class MethodsBody(BaseModel):
    """The whole list, in the order in which clients see it; an empty one is the usual list again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Annotated[list[MethodBody], Field(max_length=30)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [method.id for method in self.items]
        if len(set(ids)) < len(ids):
            raise ValueError("items: two methods have the same id")
        return self


@router.get("/payment-methods", response_model=Methods)
async def get_methods(caller: Reader, billing: Billing) -> Response:
    """The ways to pay, in the shop's order; `available`: clients can choose it now."""
    return json_response(await _methods(billing.db, billing, caller.shop))


@router.put("/payment-methods", response_model=Methods)
async def put_methods(caller: Administrator, billing: Billing, body: MethodsBody) -> Response:
    """The list as it shall be; orders and payments keep what they chose."""
    async with billing.outbox.transaction() as tx:
        await set_methods(tx, caller.shop, [method.method() for method in body.items])
    return json_response(await _methods(billing.db, billing, caller.shop))


@router.get("/takings", response_model=Takings)
async def get_takings(
    caller: Reader, billing: Billing, taken_from: date | None = None, taken_to: date | None = None
) -> Response:
    """What came in and went back, by method and currency; both days count."""
    async with billing.db.read() as conn:
        return json_response({"items": await takings(conn, caller.shop, taken_from, taken_to)})


@router.get("/orders/{code}/payment-link", response_model=LinkAnswer)
async def get_link(caller: Reader, billing: Billing, code: str) -> Response:
    """The address of the order's payment page, to copy; whether it asks for money, and how often it was mailed."""
    async with billing.db.read() as conn:
        return json_response(await link_view(conn, await order_of(conn, caller.shop, code)))


@router.post("/orders/{code}/payment-link/send", status_code=202, response_model=LinkAnswer)
async def post_link(request: Request, caller: Writer, billing: Billing, code: str) -> Response:
    """Mail the link to the client (again); 409 where nothing is to be paid."""

    async def command(tx: Transaction) -> Response:
        await send_link(tx, caller.shop, code)
        return json_response(await link_view(tx.conn, await order_of(tx.conn, caller.shop, code)), 202)

    return await once(request, billing.outbox, caller, command)


async def _methods(db: Database, billing: Tools, shop: str) -> dict[str, object]:
    async with db.read() as conn:
        found = await find_methods(conn, shop)
    account = billing.providers.name_for(shop) is not None
    return {"items": [method_view(method, account=account) for method in found]}
