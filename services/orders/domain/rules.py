"""Changes of status that the house makes by itself, and what keeps them from running wild.

They happen in orders alone: when an answer changes a fact, in the transaction that applies it, or when a term expires.
A rule acts at most once per (order, rule, cause), and at most five times between two changes by a person; beyond that
it leaves a warning. `commands.automatic` applies what is decided here.
"""

from enum import StrEnum

from services.orders.domain.types import TYPES, Phase, StatusType

LIMIT = 5
"""Automatic changes between two human ones."""


class Rule(StrEnum):
    """Why the house changes a status."""

    ON_SHORT = "on_short"
    """The buyer wanted all or nothing, and stock does not suffice."""
    EXPIRY = "expiry"
    """The time to pay is over."""
    ON_PAYMENT = "on_payment"
    """The shop maps a state of payment to one of its statuses."""
    ON_INVOICE = "on_invoice"
    """The shop has a status for orders whose invoice was made elsewhere and imported."""


class Ruling(StrEnum):
    """What becomes of a rule whose condition holds."""

    APPLY = "apply"
    SKIP = "skip"
    WARN = "warn"


class OnShort(StrEnum):
    """What a buyer wants when stock does not suffice."""

    WAIT = "wait"
    CANCEL = "cancel"


def ruling(*, used: bool, automatic: int) -> Ruling:
    """Whether a rule acts: `used` if it did for this cause, `automatic` changes since the last human one."""
    if used:
        return Ruling.SKIP
    return Ruling.APPLY if automatic < LIMIT else Ruling.WARN


def short_cancels(on_short: OnShort, type_: StatusType, stock: str, *, heard: int, version: int) -> bool:
    """Whether an order is to be cancelled for lack of stock.

    Only an answer to the present version counts: an older one may speak of lines that are no more.
    """
    waits = stock in ("short", "partly") and heard == version
    return waits and on_short is OnShort.CANCEL and TYPES[type_].phase is Phase.OPEN


def term_expires(type_: StatusType, payment: str) -> bool:
    """Whether an order whose time to pay is over is cancelled; not while money may be on its way."""
    return type_ is StatusType.AWAITING_PAYMENT and payment not in ("pending", "authorised", "paid")
