"""What an SMS provider reports after it took a message: how far it came, and what that means for its delivery.

Reports come late, twice and in any order, so each status has a rank and only a higher one counts. That it reached the
telephone is the last word; that it did not is a rejection, which somebody has to look at.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.notifications.domain.lifecycle import OPEN
from services.notifications.domain.results import clip
from shared.contracts import Outcome

SMS = "sms"


class Reached(StrEnum):
    """How far an SMS came, lowest first."""

    TAKEN = "taken"
    """The provider has it."""
    SENT = "sent"
    """The network has it."""
    FAILED = "failed"
    """It was not handed to the network."""
    UNDELIVERED = "undelivered"
    """The network could not bring it to the telephone."""
    DELIVERED = "delivered"


RANKS = {Reached.TAKEN: 1, Reached.SENT: 2, Reached.FAILED: 3, Reached.UNDELIVERED: 3, Reached.DELIVERED: 4}
LOST = frozenset({Reached.FAILED, Reached.UNDELIVERED})


@dataclass(frozen=True, slots=True)
class Report:
    """One report, proven to be the provider's. `reference` is the provider's id of the SMS, or our own name of it;
    `delivery` the obligation, where the report says. `code` is why it failed, in the provider's words.
    """

    shop: str
    reference: str
    delivery: str | None
    reached: Reached
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What a delivery becomes by a report."""

    state: Outcome
    reason: str | None


def reference_of(delivery: str, since: datetime) -> str:
    """Our name of an SMS at its provider: another one when a person has it sent again."""
    return f"{delivery}.{int(since.timestamp()):x}"


def settled(state: Outcome, names: Collection[str | None], unsure: bool, report: Report) -> Settled | None:
    """What a delivery that stands so becomes; None where the report changes nothing.

    A report counts for the SMS that the delivery is known by (`names`), or, where a try is in doubt (`unsure`), for
    that try: it then left.
    """
    if report.reference not in names and not unsure:
        return None
    if report.reached in LOST:
        reason = clip(f"{report.reached}: {report.code or 'no reason given'}")
        return Settled(Outcome.REJECTED, reason) if state in (*OPEN, Outcome.DONE) else None
    if state == Outcome.DONE or (state not in OPEN and report.reached is not Reached.DELIVERED):
        return None
    return Settled(Outcome.DONE, None)
