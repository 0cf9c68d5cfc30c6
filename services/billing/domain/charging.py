"""Attempts to pay, and what a provider shows of one: a level, read again whenever something may have changed.

An event of the provider's only says "look": what counts is what the provider then shows (`Seen`), so events may come
twice, late, in any order or never. Amounts are booked by difference to what was booked before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts import Outcome, PaymentState

LONGEST_WAIT = timedelta(hours=1)
KEYS_KEPT = timedelta(hours=23)
"""Providers forget an Idempotency-Key after a day: from here on they are asked first what they have done."""


class ChargeState(StrEnum):
    """Where an attempt stands. `announced`: the client will pay outside (a cheque, a transfer)."""

    DUE = "due"
    OPEN = "open"
    PROCESSING = "processing"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    FAILED = "failed"
    EXPIRED = "expired"
    REJECTED = "rejected"
    ANNOUNCED = "announced"


class Verb(StrEnum):
    """What a provider is asked to do."""

    OPEN = "open"
    LOOK = "look"
    EXPIRE = "expire"
    CAPTURE = "capture"
    REFUND = "refund"


UNDER_WAY = frozenset({ChargeState.DUE, ChargeState.OPEN, ChargeState.PROCESSING, ChargeState.ANNOUNCED})


@dataclass(frozen=True, slots=True)
class SeenRefund:
    """A refund as the provider shows it; `refund_id` is ours, None for one made in the provider's own back office."""

    reference: str
    amount: int
    currency: str
    status: str
    refund_id: str | None = None

    @property
    def failed(self) -> bool:
        return self.status in ("failed", "canceled")


@dataclass(frozen=True, slots=True)
class Seen:
    """A payment as the provider shows it. `captured` is in minor units of `currency`, as is a refund's amount."""

    session: str
    state: ChargeState
    currency: str
    intent: str | None = None
    url: str | None = None
    expires_at: datetime | None = None
    captured: int = 0
    reason: str | None = None
    refunds: tuple[SeenRefund, ...] = ()
    dispute: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one call: its outcome, and what the provider showed along with it."""

    outcome: Outcome
    reason: str | None = None
    seen: Seen | None = None
    refund: SeenRefund | None = None
    retry_after: float | None = None


def progress_of(states: Iterable[ChargeState]) -> PaymentState | None:
    """What attempts, oldest first, say of an order that nothing was captured for."""
    known = list(states)
    if ChargeState.AUTHORISED in known:
        return PaymentState.AUTHORISED
    if UNDER_WAY & set(known):
        return PaymentState.PENDING
    return PaymentState.FAILED if known and known[-1] in (ChargeState.FAILED, ChargeState.REJECTED) else None


def pause(attempts: int, retry_after: float | None) -> timedelta:
    """How long to wait after this many attempts: 2 s, 4 s, … 1 h, or what the provider asks for."""
    if retry_after is not None:
        return min(timedelta(seconds=max(1.0, retry_after)), LONGEST_WAIT)
    return min(timedelta(seconds=2.0 ** min(attempts, 12)), LONGEST_WAIT)
