"""What the kind of a line allows: one rule a kind, asked before an order is cancelled.

Goods can come back, a subscription simply ends; what was performed, delivered as a file or attended cannot. A rule
looks at the line as it stands (its context) and says what speaks against, in words for people; a manager may cancel
all the same. The words of the kinds are those of `shared.contracts.orders`.
"""

from collections.abc import Callable, Iterable

from services.orders.domain.quantities import Line

Rule = Callable[[Line], str | None]


def _never(_line: Line) -> None:
    return None


def _once_out(what: str) -> Rule:
    def rule(line: Line) -> str | None:
        return f"{what} already and cannot come back" if line.out else None

    return rule


CANCELLATION: dict[str, Rule] = {
    "product": _never,
    "subscription": _never,
    "service": _once_out("was performed"),
    "digital": _once_out("was delivered"),
    "booking": _once_out("took place"),
}


def objections(lines: Iterable[tuple[str, Line]]) -> list[str]:
    """What speaks against cancelling an order of these kinds and lines; empty where nothing does."""
    found = []
    for kind, line in lines:
        reason = CANCELLATION.get(kind, _never)(line)
        if reason is not None:
            found.append(f"Line {line.id} ({kind}) {reason}.")
    return found
