"""Which promotions an order uses: those that fit by themselves, and the coupons somebody gave.

The order keeps a copy of each (`record.adjustments`), and `pricing.price` makes amounts of the copies, so a later
change of a promotion moves no order. A limited promotion's row is locked before its uses are counted: no two orders
take the last one. Drafts, cancelled and deleted orders hold no use. Locks come after those of orders and before the
outbox, by id.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from services.orders.commands.moving import MARKETPLACES
from services.orders.commands.pricing import price, priced_lines, rule_of
from services.orders.domain.promotions import USES_NOTHING, reached
from services.orders.queries.promotions import (
    PromotionRecord,
    count_client_uses,
    count_uses,
    possible_promotions,
)
from services.orders.queries.records import OrderRecord
from services.orders.tables import promotion_uses, promotions
from shared.database import among
from shared.outbox import Transaction
from shared.problems import Invalid


class CouponRefused(Invalid):
    """The coupon does not fit this order, or it is used up."""

    slug = "coupon-refused"
    title = "The coupon cannot be used"


@dataclass(slots=True)
class Offers:
    """The promotions that may fit some orders, and how often each was used by others."""

    found: list[PromotionRecord]
    used: Counter[str]
    by_client: Counter[tuple[str, str]]

    def with_code(self, code: str) -> PromotionRecord | None:
        return next((promotion for promotion in self.found if promotion.code == code), None)

    def exhausted(self, promotion: PromotionRecord, email: str) -> bool:
        """Whether a limit says that this client cannot use it once more."""
        of_client = self.by_client[promotion.id, email]
        return (promotion.usage_limit is not None and self.used[promotion.id] >= promotion.usage_limit) or (
            promotion.client_limit is not None and of_client >= promotion.client_limit
        )

    def count(self, promotion: str, email: str, by: int) -> None:
        self.used[promotion] += by
        self.by_client[promotion, email] += by


async def offers(
    tx: Transaction, shop: str, codes: Iterable[str], emails: Iterable[str], *, lock: bool = True
) -> Offers:
    """What the shop offers now; `lock` keeps the limited ones for this transaction, a preview needs none."""
    found = await possible_promotions(tx.conn, shop, sorted(set(codes)))
    limited = [promotion.id for promotion in found if promotion.limited]
    if not limited:
        return Offers(found, Counter(), Counter())
    if lock:
        rows = select(promotions.c.id).where(among(promotions.c.id, limited)).order_by(promotions.c.id)
        await tx.execute(rows.with_for_update())
    used = await count_uses(tx.conn, [promotion.id for promotion in found if promotion.usage_limit is not None])
    return Offers(found, Counter(used), Counter(await count_client_uses(tx.conn, limited, sorted(set(emails)))))


def promote(record: OrderRecord, offered: Offers, coupons: Sequence[str], now: datetime) -> None:
    """Give the order what fits and price it anew. Raises `CouponRefused`, naming the coupon.

    Nothing fits an order of a marketplace by itself: its prices are what the buyer paid there.
    """
    before = {used["promotion"]: used for used in record.adjustments}
    holds = record.type not in USES_NOTHING
    for id_ in before if holds else ():
        offered.count(id_, record.email, -1)
    kept = [used for used in record.adjustments if used["code"] is None and _fits(record, used)]
    kept += [
        _copy(record, promotion)
        for promotion in offered.found
        if promotion.code is None
        and record.channel not in MARKETPLACES
        and promotion.id not in before
        and promotion.in_force(record.placed_at)
        and _unsuited(record, promotion) is None
        and not offered.exhausted(promotion, record.email)
    ]
    for number, code in enumerate(dict.fromkeys(coupons)):
        known = next((used for used in before.values() if used["code"] == code), None)
        kept.append(known or _coupon(record, offered, code, number, now))
    for used in kept if holds else ():
        offered.count(used["promotion"], record.email, 1)
    record.adjustments = kept
    price(record)


async def save_uses(tx: Transaction, records: Iterable[OrderRecord]) -> None:
    """Write which promotions these new orders use."""
    rows = [
        {"promotion": used["promotion"], "order_id": record.id, "email": record.email}
        for record in records
        for used in record.adjustments
    ]
    if rows:
        await tx.execute(promotion_uses.insert(), rows)


async def replace_uses(tx: Transaction, record: OrderRecord) -> None:
    """The same of an order that was edited."""
    await tx.execute(delete(promotion_uses).where(promotion_uses.c.order_id == record.id))
    await save_uses(tx, [record])


def coupons_of(record: OrderRecord) -> list[str]:
    """The codes the order holds."""
    return [used["code"] for used in record.adjustments if used["code"] is not None]


def _coupon(record: OrderRecord, offered: Offers, code: str, number: int, now: datetime) -> dict[str, Any]:
    field, promotion = f"coupons.{number}", offered.with_code(code)
    if promotion is None or not promotion.in_force(now):
        raise CouponRefused(f"There is no coupon '{code}' now.", field=field)
    if (reason := _unsuited(record, promotion)) is not None:
        raise CouponRefused(f"The coupon '{code}' {reason}.", field=field)
    if offered.exhausted(promotion, record.email):
        raise CouponRefused(f"The coupon '{code}' is used up.", field=field)
    return _copy(record, promotion)


def _unsuited(record: OrderRecord, promotion: PromotionRecord) -> str | None:
    """Why the promotion is not for this order; None where it is."""
    if promotion.currency not in (None, record.currency):
        return f"is for orders in {promotion.currency}"
    if not _fits(record, _copy(record, promotion)):
        return "is for other articles, or for a larger order"
    return None


def _fits(record: OrderRecord, used: dict[str, Any]) -> bool:
    return reached(rule_of(used), priced_lines(record))


def _copy(record: OrderRecord, promotion: PromotionRecord) -> dict[str, Any]:
    """The promotion as the order keeps it; `pricing` fills in the amount."""
    return {
        "promotion": promotion.id,
        "code": promotion.code,
        "label": promotion.label(record.language),
        "kind": promotion.kind,
        "value": f"{promotion.value:f}",
        "skus": list(promotion.skus),
        "minimum": promotion.minimum,
        "amount": 0,
    }
