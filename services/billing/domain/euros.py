"""French VAT in another currency, told in euros: BT-6 and BT-111 of EN 16931, asked for by BR-FR-CO-12.

The rate is one that a person entered, with its day and source, and never a guess: of the day of issue, or the last one
published before it. A credit note converts at its invoice's rate. Each VAT category and rate is converted and rounded
by itself; the totals are sums of these. Neighbour: `snapshot`, which writes it down for ever.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from services.billing.domain.ledger import Position
from services.billing.domain.rates import Rate
from shared.contracts import Shop
from shared.money import NOTHING, Amounts, from_minor, to_minor

EURO = "EUR"
RATE_MISSING = "exchange_rate_missing"
"""The warning of an order whose document waits for a rate."""
PUBLISHED_WITHIN = timedelta(days=7)
"""Central banks pause at week-ends and holidays; a rate that is older than this is none of the day."""


def is_told_in_euros(shop: Shop, currency: str, positions: Iterable[Position]) -> bool:
    """Whether a document needs a rate: tax of a French seller's, in another currency."""
    french = shop.legal.address.country == "FR"
    return french and currency != EURO and any(position.amounts.tax for position in positions)


def convert(amounts: Amounts, currency: str, rate: Rate) -> Amounts:
    """These amounts in euro cents, half up; the total is that of base and tax."""
    net, tax = (to_minor(from_minor(amount, currency) / rate.per_euro, EURO) for amount in (amounts.net, amounts.tax))
    return Amounts(net, tax, net + tax)


def converted(groups: Iterable[Amounts], currency: str, rate: Rate) -> dict[str, Any]:
    """What a snapshot says: the rate, the amounts of each group in the order given, and their sums."""
    found = [convert(amounts, currency, rate) for amounts in groups]
    return {
        "rate": f"{rate.per_euro:f}",
        "day": rate.day.isoformat(),
        "source": rate.source,
        "groups": [_written(amounts) for amounts in found],
        "totals": _written(sum(found, NOTHING)),
    }


def rate_in(content: Mapping[str, Any]) -> Rate | None:
    """The rate that a snapshot was issued at; None for one that needed none."""
    told = content.get("euros")
    return told and Rate(Decimal(told["rate"]), date.fromisoformat(told["day"]), told["source"])


def _written(amounts: Amounts) -> dict[str, str]:
    return {name: str(from_minor(getattr(amounts, name), EURO)) for name in ("net", "tax", "gross")}
