"""What credits by hand took off an order for good, so that no later message of the order invoices it again.

A credit by hand lowers what the order's state asks to be invoiced (`coverage`), by units of a line or by an amount.
What happens afterwards can explain it after all: goods that come back, or money that is refunded, after a credit by
hand use it up first and are credited only beyond it. So a grant bears how much had come back and was refunded when it
was made; the newest document that bears one tells how things stand. Neighbours: `by_hand` (makes them), `coverage`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Grant:
    """Units by line id and money (gross, minor units) granted until now; `returned` and `refunded` as they stood then.

    `refunded` is the money that refunds took off the invoices beyond the goods that came back. `money` is negative
    where the units were credited for less than they are worth, since money had been taken off them before.
    """

    units: Mapping[int, int] = field(default_factory=dict)
    money: int = 0
    returned: Mapping[int, int] = field(default_factory=dict)
    refunded: int = 0
    text: str = ""
    by: str = ""

    def left(self, returned: Mapping[int, int]) -> tuple[dict[int, int], dict[int, int]]:
        """The units that no later return explains, and the units returned later that explain none."""
        later = {line: max(0, units - self.returned.get(line, 0)) for line, units in returned.items()}
        units = {line: max(0, granted - later.get(line, 0)) for line, granted in self.units.items()}
        return units, {line: max(0, back - self.units.get(line, 0)) for line, back in later.items()}

    def money_left(self, refunded: int, returned_worth: int, explained_worth: int) -> int:
        """The money that neither a later refund nor the worth of later returns explains.

        Negative money goes as the granted units do that later returns explain (`explained_worth`).
        """
        if self.money < 0:
            return min(0, self.money + explained_worth)
        return max(0, self.money - max(0, refunded - self.refunded) - returned_worth)


NO_GRANT = Grant()


def newest(grants: Iterable[Grant | None]) -> Grant:
    """The last one there is, in the order of issue."""
    found = NO_GRANT
    for grant in grants:
        found = grant or found
    return found
