"""The exchange rate that a document is converted at (`euros`)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """Units of a currency for one euro, as a bank published them on a day."""

    per_euro: Decimal
    day: date
    source: str
