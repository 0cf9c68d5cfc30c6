"""What becomes of an obligation after an attempt: closed, tried again later, or left to a person.

A retry means that this attempt did nothing; where an earlier one may have, the obligation stays unknown. Waiting times
double from 5 s to 1 h with full jitter. After the channel's horizon nothing is tried any more. A webhook follows the
schedule of Standard Webhooks instead: ten tries in 75 hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.domain.results import Result, Trouble, clip
from shared.contracts import Outcome

FIRST_WAIT = 5.0
LONGEST_WAIT = 3600.0
SHORTEST_WAIT = 0.5

HORIZON = timedelta(hours=72)
HORIZONS = {"sms": timedelta(hours=48), "push": timedelta(hours=4), "webhook": timedelta(hours=84)}
"""A marketplace or a mail is worth three days, an SMS as long as its account's validity says (`channels.sms`), two days
at the most. A webhook's tries are counted, and this is for those that an open breaker kept from being made."""

SCHEDULES = {"webhook": (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)}
"""Seconds after the first, second … try; after the last there is none."""
SPREAD = 0.1
"""The part of such a wait by which jitter lengthens it."""

REPEATABLE = frozenset({"webhook", "push"})
"""Receivers drop what comes twice, so that an outcome nobody knows is only one more try."""

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
    if standing.channel in REPEATABLE:
        unsure = None
    if standing.state == Outcome.OBSOLETE:
        return Step(Outcome.OBSOLETE, None, unsure, result.reason, result.reference)
    if outcome not in OPEN:
        return Step(outcome, None, None, result.reason, result.reference)
    state = Outcome.RETRY if unsure is None else Outcome.UNKNOWN
    if result.person:
        return Step(state, None, unsure, result.reason, result.reference)
    seconds = _pause(standing, result, now, jitter)
    if seconds is None:
        return _given_up(state, unsure, result)
    return Step(state, now + timedelta(seconds=seconds), unsure, result.reason, result.reference)


def given_up(step: Step, result: Result) -> bool:
    """Whether it was the last of its tries that failed."""
    return result.outcome in OPEN and step.state == Outcome.REJECTED


def overtaken(step: Step, due_at: datetime | None) -> Step:
    """The step of what told an older state than the one that is to be told by now: that one is due."""
    return Step(Outcome.DUE, due_at, None, step.reason, step.reference)


def _pause(standing: Standing, result: Result, now: datetime, jitter: float) -> float | None:
    """Seconds until the next try; None where there is none."""
    late = now - standing.since > HORIZONS.get(standing.channel, HORIZON)
    schedule = SCHEDULES.get(standing.channel)
    if schedule is not None:
        if late or standing.attempts > len(schedule):
            return None
        return max(schedule[standing.attempts - 1] * (1 + SPREAD * jitter), result.retry_after or 0.0)
    if late and result.trouble is not Trouble.BUSY:
        return None
    return wait(standing.attempts, jitter) if result.retry_after is None else result.retry_after + jitter


def _given_up(state: Outcome, unsure: datetime | None, result: Result) -> Step:
    reason = clip(f"given up: {result.reason or 'no answer'}")
    final = Outcome.REJECTED if state == Outcome.RETRY else Outcome.UNKNOWN
    return Step(final, None, unsure, reason, result.reference)
