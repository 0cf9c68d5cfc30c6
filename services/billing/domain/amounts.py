"""Net, tax and gross as everything that is sealed or answered writes them: strings with the currency's decimals."""

from collections.abc import Mapping
from typing import Any

from shared.money import Amounts, from_minor, parse_amount


def written(amounts: Amounts, currency: str) -> dict[str, str]:
    """`{"net": "10.00", "tax": "2.00", "gross": "12.00"}`."""
    return {name: str(from_minor(getattr(amounts, name), currency)) for name in ("net", "tax", "gross")}


def read_amounts(row: Mapping[str, Any], currency: str) -> Amounts:
    """The amounts of a snapshot, one of its lines or rates, or a total."""
    net, tax, gross = (parse_amount(row[name], currency) for name in ("net", "tax", "gross"))
    return Amounts(net, tax, gross)
