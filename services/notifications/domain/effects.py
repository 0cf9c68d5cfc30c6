"""One effect that an order asks for, as `wanted` and `reporting` make it."""

from dataclasses import dataclass
from datetime import datetime

from services.notifications.domain.payloads import Payload

Key = tuple[str, str, str, str, int]
"""Channel, verb, subject, role, revision: with the order, what happens at most once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One effect. Those of one `sequence` leave one after the other, by `position`."""

    channel: str
    verb: str
    subject: str
    role: str
    revision: int
    sequence: str
    position: int
    asked_at: datetime
    traceparent: str | None
    payload: Payload

    @property
    def key(self) -> Key:
        return self.channel, self.verb, self.subject, self.role, self.revision
