"""The pace of a lane: all calls of one kind (channel, shop, verb), which share a vendor's quota and its troubles.

A token bucket spends the vendor's published rate; a 429 silences the whole lane for as long as the vendor asks; a
breaker opens after failures in a row, or at once where our credentials are refused, and then lets one probe through
every 15 s, so that one seller's trouble costs nobody else, and a healed lane is found within seconds. Refused
credentials heal by a person's hand alone: their probes grow rarer, for a token endpoint counts what we ask in vain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifications.domain.results import Result, Trouble

PROBE = timedelta(seconds=15)
PARKED = timedelta(hours=1)
"""The longest pause between probes of refused credentials: each lasts as long as the refusal has so far."""
FAILURES_TO_OPEN = 3
QUIET_SECONDS = 2.0
"""How long a 429 without `Retry-After` silences a lane."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Calls per second in the long run, and how many may go at once after a rest."""

    per_second: float
    burst: int
    early: bool = True
    """Whether a probe may take what is not due yet. Webhooks keep to their own schedule."""


RATES: dict[tuple[str, str], Rate] = {
    ("amazon", "confirm"): Rate(2, 10),
    ("amazon", "pull"): Rate(0.0056, 20),
    ("amazon", "stock"): Rate(5, 5),
    ("amazon", "levels"): Rate(0.0083, 15),
    ("amazon", "cancel"): Rate(0.0083, 15),
    ("amazon", "refund"): Rate(0.0083, 15),
    ("ebay", "confirm"): Rate(5, 20),
    ("ebay", "pull"): Rate(0.1, 20),
    ("ebay", "stock"): Rate(5, 20),
    ("ebay", "cancel"): Rate(1, 5),
    ("ebay", "refund"): Rate(1, 5),
    ("sms", "send"): Rate(10, 50),
}
"""Amazon's are published, eBay's are not (daily limits only), Twilio queues by itself. Mail has none."""

BY_CHANNEL = {"webhook": Rate(20, 40, early=False), "push": Rate(20, 100)}
"""Of channels whose verbs are their receivers: an endpoint, a browser maker's push service."""

UNLIMITED = Rate(1000, 1000)


@dataclass(frozen=True, slots=True)
class Lane:
    """The shared state of a lane, as its row holds it."""

    tokens: float
    refilled_at: datetime
    failures: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    quiet_until: datetime | None = None
    reason: str | None = None


def rate_of(channel: str, verb: str) -> Rate:
    """The quota of a kind of call."""
    return RATES.get((channel, verb)) or BY_CHANNEL.get(channel, UNLIMITED)


def fresh(rate: Rate, now: datetime) -> Lane:
    """A lane nobody has used yet."""
    return Lane(float(rate.burst), now)


@dataclass(frozen=True, slots=True)
class Leave:
    """How many calls may start now; `probe`: it is one that tries whether the other side is back."""

    calls: int
    probe: bool = False


def leave(lane: Lane, rate: Rate, now: datetime) -> Leave:
    """What the lane allows at this moment."""
    if lane.quiet_until is not None and lane.quiet_until > now:
        return Leave(0)
    if lane.opened_at is not None:
        return Leave(1, probe=rate.early) if lane.probe_at is None or lane.probe_at <= now else Leave(0)
    return Leave(int(_refilled(lane, rate, now)))


def spent(lane: Lane, rate: Rate, now: datetime, calls: int) -> Lane:
    """The lane after this many calls were started."""
    tokens = max(0.0, _refilled(lane, rate, now) - calls)
    probe_at = now + PROBE if lane.opened_at is not None else None
    return replace(lane, tokens=tokens, refilled_at=max(now, lane.refilled_at), probe_at=probe_at)


def after(lane: Lane, results: Iterable[Result], now: datetime) -> Lane:
    """The lane after these calls came back, in the order in which they did."""
    for result in results:
        lane = _after_one(lane, result, now)
    return lane


def healed(before: Lane, now: Lane) -> bool:
    """Whether the breaker has just closed: what waits for a later try may go at once."""
    return before.opened_at is not None and now.opened_at is None


def _after_one(lane: Lane, result: Result, now: datetime) -> Lane:
    if result.trouble is None or result.trouble is Trouble.GONE:
        return replace(lane, failures=0, opened_at=None, probe_at=None, reason=None)
    if result.trouble is Trouble.BUSY:
        seconds = QUIET_SECONDS if result.retry_after is None else result.retry_after
        until = now + timedelta(seconds=seconds)
        quiet = max(until, lane.quiet_until or until)
        return replace(lane, failures=0, opened_at=None, probe_at=None, quiet_until=quiet, reason=result.reason)
    failures = lane.failures + 1
    if lane.opened_at is None and failures < FAILURES_TO_OPEN and result.trouble is not Trouble.REFUSED:
        return replace(lane, failures=failures, reason=result.reason)
    opened, probe = lane.opened_at or now, lane.probe_at or now + PROBE
    if result.trouble is Trouble.REFUSED:
        probe = max(probe, now + min(now - opened, PARKED))
    return replace(lane, failures=failures, opened_at=opened, probe_at=probe, reason=result.reason)


def _refilled(lane: Lane, rate: Rate, now: datetime) -> float:
    elapsed = max(0.0, (now - lane.refilled_at).total_seconds())
    return min(float(rate.burst), lane.tokens + elapsed * rate.per_second)
