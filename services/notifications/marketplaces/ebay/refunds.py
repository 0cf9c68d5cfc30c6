"""Money back to an eBay buyer: `issueRefund`, whose answer comes later and is read from the order.

eBay has no idempotency key here. Where an earlier call may have arrived the order is looked at first, and where that
shows nothing the decision is a person's: better a refund that is late than two. Goods are paid back by line item;
delivery, which is none, as an amount of the whole order.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

import httpx
from pydantic import Field

from services.notifications.channels.web import document
from services.notifications.domain.payloads import Refunding
from services.notifications.domain.results import Result, done, rejected, unknown
from services.notifications.marketplaces.ebay.orders import DELIVERY
from services.notifications.marketplaces.sessions import Body
from shared.contracts import Outcome
from shared.money import exponent

LOOK_AGAIN = 60.0
"""Seconds; eBay says that a refund may take days, and most take a moment."""
LATER = frozenset({34922, 34929})
"""A refund before is being made; the payment was not processed yet."""
ALREADY = 34917

Json = dict[str, Any]


class Money(Body):
    value: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]{1,3})?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Item(Body):
    line_item_id: Annotated[str, Field(min_length=1)]
    refund_amount: Money


class IssueRefund(Body):
    """The body of `POST /order/{order_id}/issue_refund`: one of the two amounts."""

    reason_for_refund: Literal["BUYER_RETURN", "BUYER_CANCEL", "OTHER_ADJUSTMENT"] = "BUYER_RETURN"
    refund_items: tuple[Item] | None = None
    order_level_refund_amount: Money | None = None


def value(refund: Refunding) -> str:
    """The amount as eBay writes it."""
    return str(Decimal(refund.amount).scaleb(-exponent(refund.currency)))


def body(refund: Refunding) -> IssueRefund:
    """What is asked of eBay."""
    money = Money(value=value(refund), currency=refund.currency)
    if refund.item == DELIVERY:
        return IssueRefund(order_level_refund_amount=money)
    return IssueRefund(refund_items=(Item(line_item_id=refund.item, refund_amount=money),))


def read(response: httpx.Response) -> Result | None:
    """What eBay says of the call; None where its status alone decides."""
    said = document(response)
    if response.is_success:
        if said.get("refundStatus") == "FAILED":
            return rejected("eBay says that the refund failed")
        return Result(Outcome.UNKNOWN, "eBay is making the refund", said.get("refundId"), retry_after=LOOK_AGAIN)
    codes = {error.get("errorId") for error in said.get("errors") or () if isinstance(error, dict)}
    if ALREADY in codes:
        return done(None, "eBay had paid it back already")
    if codes & LATER:
        return Result(Outcome.RETRY, f"eBay asks to come later ({codes & LATER})", retry_after=LOOK_AGAIN)
    return None


def found(order: Json, refund: Refunding, reference: str | None) -> Result:
    """What the order shows of a refund that was, or may have been, asked for."""
    known: list[Json] = (order.get("paymentSummary") or {}).get("refunds") or []
    for one in known:
        if reference is not None and one.get("refundId") == reference:
            match one.get("refundStatus"):
                case "REFUNDED":
                    return done(reference, "paid back")
                case "FAILED":
                    return rejected("eBay says that the refund failed")
    if reference is not None:
        return Result(Outcome.UNKNOWN, "eBay is making the refund", reference, retry_after=LOOK_AGAIN)
    if any(_same((one.get("amount") or {}).get("value"), refund) for one in _like(order, known, refund)):
        return done(None, "found at eBay")
    return unknown("no answer came, and eBay shows no such refund: look there, then settle or retry", person=True)


def _like(order: Json, known: list[Json], refund: Refunding) -> list[Json]:
    """The refunds of this line item; of delivery: those that are no line item's."""
    of_items = {item.get("lineItemId"): item.get("refunds") or [] for item in order.get("lineItems") or ()}
    if refund.item != DELIVERY:
        return list(of_items.get(refund.item, ()))
    named = {one.get("refundId") for found in of_items.values() for one in found}
    return [one for one in known if one.get("refundId") not in named]


def _same(amount: Any, refund: Refunding) -> bool:
    return amount is not None and Decimal(str(amount)) == Decimal(value(refund))
