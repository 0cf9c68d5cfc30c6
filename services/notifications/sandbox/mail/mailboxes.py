"""Addresses that mail comes to grief at, for those who test what becomes of it then: the domain says how."""

from dataclasses import dataclass, field

SLOW_SECONDS = 2.0
REFUSED = {
    "unknown.example": "550 5.1.1 The mailbox does not exist",
    "full.example": "552 5.2.2 The mailbox is full",
}
GREYLISTED = "greylisted.example"
"""Refused for now at the first try of each sender and recipient: 451."""
DISCONNECTING = "disconnecting.example"
"""The connection breaks when the recipient is named: nothing was taken."""
SLOW = "slow.example"
"""Taken late: after so many seconds as the local part says (`0.5@slow.example`), else 2."""
BOUNCED = "bounced.example"
"""Taken, and then returned to the sender (`bounces`)."""
LONGEST = 60.0


@dataclass(slots=True)
class Mailboxes:
    """What is remembered of earlier tries."""

    seen: set[tuple[str, str]] = field(default_factory=set)

    def reply(self, sender: str, recipient: str) -> str | None:
        """Why a recipient is refused; None where it is taken."""
        domain = domain_of(recipient)
        if domain == GREYLISTED and (sender, recipient) not in self.seen:
            self.seen.add((sender, recipient))
            return "451 4.7.1 Greylisted, try again later"
        return REFUSED.get(domain)


def domain_of(address: str) -> str:
    """In lower case."""
    return address.rpartition("@")[2].lower()


def lateness(address: str) -> float:
    """Seconds by which mail to this address is taken late."""
    if domain_of(address) != SLOW:
        return 0.0
    try:
        return min(max(float(address.rpartition("@")[0]), 0.0), LONGEST)
    except ValueError:
        return SLOW_SECONDS
