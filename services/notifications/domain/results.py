"""What came of one call to the outside world, in the words every channel shares.

The channels translate replies and broken connections into a `Result`; `lifecycle` and `lanes` decide what follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from shared.contracts import Outcome

REASON_LENGTH = 500


class Trouble(StrEnum):
    """What a call says about its whole lane, beyond itself."""

    BUSY = "busy"
    """The other side asks for patience (429): the lane pauses, nobody is at fault."""
    DOWN = "down"
    """Nobody answered, or the other side failed (connection, time-out, 5xx): counts towards the breaker."""
    REFUSED = "refused"
    """Our credentials are not accepted: the breaker opens at once, a person has to look."""
    GONE = "gone"
    """The other side wants no more calls (410 of a webhook, an ended push subscription): what is called is shut off."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a receiver answered, for those who look after it: status, seconds, the beginning of the body."""

    status: int
    seconds: float
    said: str


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one attempt.

    `retry` means that the effect certainly did not happen, `unknown` that it may have. `retry_after` is the other
    side's own wish in seconds; `person` marks an unknown outcome that no further call can settle. `refused` says which
    parts of a bundle, counted from 1, were not taken, and why. `alike`: the reference is of what looks like this
    effect, so it counts only where no other delivery has it.
    """

    outcome: Outcome
    reason: str | None = None
    reference: str | None = None
    retry_after: float | None = None
    trouble: Trouble | None = None
    person: bool = False
    exchange: Exchange | None = None
    refused: Mapping[int, str] = field(default_factory=dict)
    alike: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document as a mail's obligation names it; `sha256` is that of its bytes."""

    id: str
    kind: str
    number: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Call:
    """One obligation on its way out.

    `unsure_since` is when an earlier attempt was made that may have succeeded: the channel must then follow its rule
    for that before it does anything that could happen twice. None: nothing can have happened yet. `reference` is what
    the other side called the attempt before, where it answers in the end only. `since` is when it became due at first,
    `attachments` are the documents that a mail takes along, `at` is the moment of this attempt.
    """

    id: str
    order: str
    payload: dict[str, Any]
    unsure_since: datetime | None = None
    verb: str = "send"
    reference: str | None = None
    since: datetime | None = None
    attachments: Sequence[Attachment] = ()
    at: datetime | None = None


class Channel(Protocol):
    """A way out of the house: mail, SMS, push, a webhook, a marketplace."""

    async def send(self, call: Call) -> Result:
        """Make the call; never raises for what the other side does."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


def done(reference: str | None = None, reason: str | None = None) -> Result:
    """The effect has happened."""
    return Result(Outcome.DONE, reason, reference)


def rejected(reason: str) -> Result:
    """The other side, or our own check, will never accept this; a person has to change something."""
    return Result(Outcome.REJECTED, clip(reason))


def down(reason: str) -> Result:
    """The other side was not reached; nothing happened."""
    return Result(Outcome.RETRY, clip(reason), trouble=Trouble.DOWN)


def unknown(reason: str, *, person: bool = False) -> Result:
    """The call went out and no answer came: it may have taken effect."""
    return Result(Outcome.UNKNOWN, clip(reason), trouble=None if person else Trouble.DOWN, person=person)


def clip(text: str) -> str:
    """One line of bounded length: reasons are shown to people and kept for a long time."""
    line = " ".join(text.split())
    return line if len(line) <= REASON_LENGTH else line[: REASON_LENGTH - 1] + "…"
