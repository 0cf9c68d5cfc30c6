"""What becomes of an obligation after an attempt: closed, tried again later, or left to a person.

A retry means that this attempt did nothing; where an earlier one may have, the obligation stays unknown. Waiting times
double from 5 s to 1 h with full jitter. After the channel's horizon nothing is tried any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.domain.results import Result, Trouble, clip
from shared.contracts import Outcome

FIRST_WAIT = 5.0
LONGEST_WAIT = 3600.0
SHORTEST_WAIT = 0.5

HORIZON = timedelta(hours=72)
HORIZONS = {"sms": timedelta(hours=4)}
"""An SMS that is hours late wakes people; a marketplace or a mail is worth three days."""

OPEN = frozenset({Outcome.DUE, Outcome.RETRY, Outcome.UNKNOWN})
"""States that keep an order from being settled."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an obligation when its attempt comes back."""

    channel: str
    state: Outcome
    attempts: int
    since: datetime
    attempted_at: datetime
    unsure_since: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """What is written down of it."""

    state: Outcome
    due_at: datetime | None
    unsure_since: datetime | None
    reason: str | None
    reference: str | None


def wait(attempts: int, jitter: float) -> float:
    """Seconds until the next try after this many; `jitter` is in [0, 1)."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(max(attempts - 1, 0), 20))
    return max(SHORTEST_WAIT, jitter * longest)


def follow(standing: Standing, result: Result, now: datetime, jitter: float) -> Step:
    """The obligation's next step. One that became obsolete while its call was out stays so, unless it succeeded."""
    outcome = result.outcome
    if outcome == Outcome.DONE:
        return Step(Outcome.DONE, None, None, result.reason, result.reference)
    unsure = standing.unsure_since
    if outcome == Outcome.UNKNOWN:
        unsure = unsure or standing.attempted_at
    if standing.state == Outcome.OBSOLETE:
        return Step(Outcome.OBSOLETE, None, unsure, result.reason, result.reference)
    if outcome not in OPEN:
        return Step(outcome, None, None, result.reason, result.reference)
    state = Outcome.RETRY if unsure is None else Outcome.UNKNOWN
    if result.person:
        return Step(state, None, unsure, result.reason, result.reference)
    if now - standing.since > HORIZONS.get(standing.channel, HORIZON) and result.trouble is not Trouble.BUSY:
        return _given_up(state, unsure, result)
    seconds = wait(standing.attempts, jitter) if result.retry_after is None else result.retry_after + jitter
    return Step(state, now + timedelta(seconds=seconds), unsure, result.reason, result.reference)


def overtaken(step: Step, due_at: datetime | None) -> Step:
    """The step of a level for which a newer one came while its call was out: whatever came of it, that one is due."""
    return Step(Outcome.DUE, due_at, None, step.reason, step.reference)


def _given_up(state: Outcome, unsure: datetime | None, result: Result) -> Step:
    reason = clip(f"given up: {result.reason or 'no answer'}")
    final = Outcome.REJECTED if state == Outcome.RETRY else Outcome.UNKNOWN
    return Step(final, None, unsure, reason, result.reference)
