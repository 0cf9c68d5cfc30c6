"""Amounts as Stripe counts them: ours, but for the currencies in which it has its own idea of the minor unit."""

FINER = {"ISK": 100, "UGX": 100}
"""Stripe writes two decimals where the currency has none."""
COARSER = {"MGA": 100}
"""Stripe writes none where the currency has two."""
ROUND = {"BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}
"""Three decimals, of which cards take two."""


class NotChargeable(ValueError):
    """The amount has decimals that cannot be charged."""


def to_provider(minor: int, currency: str) -> int:
    """Stripe's amount of ours. Raises `NotChargeable`."""
    step = COARSER.get(currency, ROUND.get(currency, 1))
    if minor % step:
        raise NotChargeable(f"a card is charged in steps of {step} minor units of {currency}")
    return minor * FINER.get(currency, 1) // COARSER.get(currency, 1)


def from_provider(amount: int, currency: str) -> int:
    """Ours of Stripe's; a fraction of our minor unit, which Stripe never charges, is dropped."""
    return amount * COARSER.get(currency, 1) // FINER.get(currency, 1)
