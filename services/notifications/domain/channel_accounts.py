"""How a shop deals with a marketplace: what it pulls, what it sends, and how much of its stock it shows there."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

MARKETPLACES = ("amazon", "ebay")


@dataclass(frozen=True, slots=True)
class Policy:
    """The shop's own choices for one marketplace; without an account row, parcels alone are confirmed there.

    `buffer` units are kept back and at most `maximum` are shown, so that a sale in the shop's own window between two
    updates does not sell a unit twice. Prices travel with levels, in `currency`, or else in the product's own.
    """

    enabled: bool = True
    pull_orders: bool = False
    send_stock: bool = False
    send_prices: bool = False
    currency: str | None = None
    buffer: int = 0
    maximum: int | None = None
    alert_hours: int = 12

    @property
    def alert(self) -> timedelta:
        """How long before the last moment to ship a person is told."""
        return timedelta(hours=self.alert_hours)


def policy_of(account: dict[str, Any] | None) -> Policy:
    """The choices in a stored account."""
    if account is None:
        return Policy()
    return Policy(**{name: account[name] for name in Policy.__slots__ if name in account})
