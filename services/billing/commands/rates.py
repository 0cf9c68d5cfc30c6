"""Exchange rates, and the documents that wait for one: French VAT in another currency is told in euros, or not at all.

An order whose document needs a rate that nobody entered waits, and says so as a warning; entering the rate has the job
of `waiting` deal with it. Documents that a person asks for by hand are refused instead (`NoRate`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from services.billing.commands.issue import Work
from services.billing.domain.euros import EURO, is_told_in_euros
from services.billing.queries.rates import RateKey, rate_view, rates_of
from services.billing.tables import accounts, exchange_rates
from shared.batch import lock_keys
from shared.contracts import Order
from shared.database import among, upsert
from shared.money import UnknownCurrency, exponent
from shared.outbox import Transaction
from shared.problems import Invalid, Problem


class NoRate(Problem):
    """The document tells its VAT in euros, and nobody entered the rate of its day."""

    slug: ClassVar[str] = "exchange-rate-missing"
    title: ClassVar[str] = "The exchange rate of the day is missing"


@dataclass(frozen=True, slots=True)
class Published:
    """`rate`: units of the currency for one euro, as `source` published it for the day."""

    currency: str
    day: date
    rate: Decimal
    source: str


async def set_rate(tx: Transaction, shop: str, told: Published, actor: str) -> dict[str, Any]:
    """Keep the rate, and have the orders that wait for one be dealt with. Issued documents keep theirs.

    Raises `Invalid`.
    """
    _check(told.currency)
    if told.day > (tx.now + timedelta(days=1)).date():
        raise Invalid("A rate is not published more than a day ahead.", field="day")
    row = {
        "shop": shop,
        "currency": told.currency,
        "day": told.day,
        "rate": f"{told.rate.normalize():f}",
        "source": told.source,
        "actor": actor,
        "recorded_at": tx.now,
    }
    changed = ("rate", "source", "actor", "recorded_at")
    await tx.execute(upsert(tx.conn, exchange_rates, keys=["shop", "currency", "day"], update=changed), [row])
    waiting = (accounts.c.shop == shop) & (accounts.c.rate_missing == told.currency)
    orders = sorted((await tx.execute(select(accounts.c.order_id).where(waiting))).scalars())
    await lock_keys(tx, Order.name, orders)
    await tx.execute(update(accounts).where(among(accounts.c.order_id, orders)).values(waiting=True))
    return rate_view(row)


async def with_rates(tx: Transaction, work: Sequence[Work]) -> tuple[list[Work], dict[str, str]]:
    """What can be issued now, with the rates it needs; and by order, the currency whose rate the others wait for."""
    wanted = {one.order.id: _today(tx, one) for one in work if _needs_rate(one)}
    rates = await rates_of(tx.conn, set(wanted.values()))
    ready, missing = [], {}
    for one in work:
        key = wanted.get(one.order.id)
        if key is None or key in rates:
            ready.append(one if key is None else replace(one, rate=rates[key]))
        else:
            missing[one.order.id] = one.order.currency
    return ready, missing


async def with_rate(tx: Transaction, work: Work) -> Work:
    """The work of a person's own wish with the rate it needs. Raises `NoRate`."""
    ready, _ = await with_rates(tx, [work])
    if not ready:
        currency = work.order.currency
        raise NoRate(f"Enter the rate first: PUT /api/v1/billing/exchange-rates/{currency}/<day>.", currency=currency)
    return ready[0]


def _today(tx: Transaction, one: Work) -> RateKey:
    return one.order.shop, one.order.currency, tx.now.astimezone(ZoneInfo(one.shop.timezone)).date()


def _needs_rate(one: Work) -> bool:
    """Whether a document of this order is converted at a rate that its invoice does not bring along."""
    rated = {stored.issued.id for stored in one.ledger.documents if stored.issued.rate is not None}
    return any(
        draft.refers_to not in rated and is_told_in_euros(one.shop, one.order.currency, draft.positions)
        for draft in one.drafts
    )


def _check(currency: str) -> None:
    try:
        exponent(currency)
    except UnknownCurrency as error:
        raise Invalid(str(error), field="currency") from error
    if currency == EURO:
        raise Invalid("A euro is a euro.", field="currency")
