"""The figures of `deliveries`: var/bench-deliveries.json for machines, docs/benchmarks-deliveries.md for people."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from tests.bench.deliveries_due import LIMITS, Lane
from tests.bench.installation import ROOT

JSON = ROOT / "var" / "bench-deliveries.json"
PAGE = ROOT / "docs" / "benchmarks-deliveries.md"
NAMES = {"webhook": "webhooks", "mail": "mails", "amazon": "Amazon `confirmShipment`"}


@dataclass(slots=True)
class Pace:
    """What a lane did: its calls in each second of virtual time, and when its last of the first second came.

    `first` is a part of the real time that the second took: while all lanes spend what they may at once, it says who
    waits for whom.
    """

    calls: list[int] = field(default_factory=list)
    first: float = 0.0

    def count(self, moments: Sequence[float]) -> None:
        """Note the next second's calls, each by the part of that second's real time that had passed."""
        if not self.calls:
            self.first = max(moments, default=0.0)
        self.calls.append(len(moments))

    @property
    def fastest(self) -> int:
        """The most calls in a second, once the burst is spent."""
        return max(self.calls[1:], default=0)

    @property
    def seconds(self) -> int:
        """Until all had left."""
        return max((place for place, count in enumerate(self.calls) if count), default=0)


@dataclass(slots=True)
class Figures:
    """What a run showed. `memory` in MB, when all was due and after each second; `twice` counts what was told again."""

    paces: dict[Lane, Pace]
    memory: list[float]
    twice: int
    failed: int = 0


def least_seconds(channel: str, calls: int) -> float:
    """How long a lane's limit makes so many calls last."""
    limit = LIMITS[channel]
    return max(0.0, (calls - limit.burst) / limit.per_second)


def write(figures: Figures) -> None:
    """Both reports."""
    JSON.parent.mkdir(exist_ok=True)
    content = {
        "lanes": {f"{lane.channel} {lane.seller}": pace for lane, pace in figures.paces.items()},
        "memory_mb": figures.memory,
        "twice": figures.twice,
        "failed": figures.failed,
    }
    JSON.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    PAGE.write_text("\n".join(_lines(figures)) + "\n")


def _lines(figures: Figures) -> list[str]:
    due, first, end = figures.memory[0], figures.memory[1], figures.memory[-1]
    begun = sum(pace.calls[0] for pace in figures.paces.values())
    total = _calls(figures, *NAMES)
    return [
        "# Many deliveries at once",
        "",
        f"`make bench` wrote this page: {total:,} calls for three sellers, all due at the same moment:",
        "",
        *(f"- {_calls(figures, channel):,} {name}" for channel, name in NAMES.items()),
        "",
        "One process of notifications on PostgreSQL; SMTP and HTTP over real sockets. Time is virtual: a second ends",
        "when the calls that it lets go have come back. Each row is a lane, which may begin with its burst and then",
        "goes at its limit. Mail has no limit but the house's own.",
        "",
        "| channel | seller | calls | burst | limit a second | most in a second | done after s | the limit allows s "
        "| first second |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(lane, pace) for lane, pace in figures.paces.items()),
        "",
        "*Most in a second*: once the burst is spent. *First second*: how much of that second's real time had passed",
        "when the lane's last call of it arrived. All lanes spend their bursts then, on one processor, so a lane that",
        "waited for the largest would be near 100 %, too.",
        "",
        f"Told twice: {figures.twice}. Attempts that failed: {figures.failed}.",
        "",
        f"Memory of the process, the receivers included: {due:.0f} MB when all was due, {first:.0f} MB after the first",
        f"second and its {begun:,} calls, {end:.0f} MB after the last, {max(figures.memory):.0f} MB at its peak.",
    ]


def _calls(figures: Figures, *channels: str) -> int:
    return sum(sum(pace.calls) for lane, pace in figures.paces.items() if lane.channel in channels)


def _row(lane: Lane, pace: Pace) -> str:
    limit, calls = LIMITS[lane.channel], sum(pace.calls)
    least = least_seconds(lane.channel, calls)
    return (
        f"| {NAMES[lane.channel]} | {lane.seller} | {calls:,} | {limit.burst} | {limit.per_second:g} | {pace.fastest} "
        f"| {pace.seconds} | {least:.1f} | {pace.first:.0%} |"
    )
