"""Which change of type is free, which needs a decision (`confirm`), and which is refused.

The rules are statuses.md's table, read from the top; `types` has the phases. `commands` asks here before it changes an
order, and `GET …/transitions` shows the same answers to whoever is about to choose.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.orders.domain.types import TYPES, Phase, StatusType, Stock


class Profile(StrEnum):
    """How strict a shop is."""

    OPEN = "open"
    STRICT = "strict"
    """Forward only; only a manager revives what is cancelled, returned or refunded."""


class Verdict(StrEnum):
    """What a change of type needs."""

    FREE = "free"
    CONFIRM = "confirm"
    REFUSED = "refused"


class Direction(StrEnum):
    """What the words of a stock decision mean."""

    RELEASE = "release"
    """Into a type that holds nothing any more: they say what comes back."""
    TAKE = "take"
    """Out of a type that holds nothing, or into one that ships the rest: they say what is taken (again)."""
    STAY = "stay"
    """Between types that keep the goods: they say what came back."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a decision must (or may) say."""

    name: str
    choices: tuple[str, ...]
    text: str
    required: bool = True


_OUT_ORDER = (
    StatusType.PARTIALLY_SHIPPED,
    StatusType.SHIPPED,
    StatusType.DELIVERED,
    StatusType.COMPLETED,
    StatusType.CLOSED,
)
_DRAFT_FREE = frozenset(
    {
        StatusType.RECEIVED,
        StatusType.AWAITING_PAYMENT,
        StatusType.CONFIRMED,
        StatusType.PROCESSING,
        StatusType.CANCELLED,
    }
)
_DRAFT_REFUSED = frozenset({StatusType.PARTIALLY_SHIPPED, StatusType.CLOSED, StatusType.RETURNED, StatusType.REFUNDED})
_OPEN_CONFIRM = frozenset({StatusType.CLOSED, StatusType.REFUNDED})

_SIDESTEPS = frozenset({StatusType.ON_HOLD, StatusType.OTHER})
"""Types without a place in the sequence: the strict profile lets an order step aside to them, and come back."""

_RANK = {type_: place for place, type_ in enumerate(StatusType) if type_ not in _SIDESTEPS}


def verdict(
    origin: StatusType, target: StatusType, profile: Profile = Profile.OPEN, *, manager: bool = False
) -> Verdict:
    """What the change needs under the shop's profile; `manager` may revive an order in the strict one."""
    ruling = _open_verdict(origin, target)
    if profile is Profile.STRICT and ruling is not Verdict.REFUSED and not _forward(origin, target, manager):
        return Verdict.REFUSED
    return ruling


def _open_verdict(origin: StatusType, target: StatusType) -> Verdict:
    if origin is target:
        return Verdict.FREE
    if target is StatusType.DRAFT:
        return Verdict.REFUSED
    match TYPES[origin].phase:
        case Phase.DRAFT:
            return _from_draft(target)
        case Phase.OPEN:
            return _from_open(target)
        case Phase.OUT:
            return _from_out(origin, target)
        case Phase.BACK:
            return Verdict.REFUSED if target is StatusType.PARTIALLY_SHIPPED else Verdict.CONFIRM


def _from_draft(target: StatusType) -> Verdict:
    if target in _DRAFT_REFUSED:
        return Verdict.REFUSED
    return Verdict.FREE if target in _DRAFT_FREE else Verdict.CONFIRM


def _from_open(target: StatusType) -> Verdict:
    if target is StatusType.RETURNED:
        return Verdict.REFUSED
    return Verdict.CONFIRM if target in _OPEN_CONFIRM else Verdict.FREE


def _from_out(origin: StatusType, target: StatusType) -> Verdict:
    if target is StatusType.ON_HOLD:
        return Verdict.FREE
    further = TYPES[target].phase is Phase.OUT and _OUT_ORDER.index(target) > _OUT_ORDER.index(origin)
    return Verdict.FREE if further else Verdict.CONFIRM


def _forward(origin: StatusType, target: StatusType, manager: bool) -> bool:
    """Whether the strict profile admits a change that the open one does not refuse."""
    if origin is target:
        return True
    if TYPES[origin].phase is Phase.BACK and TYPES[target].phase is not Phase.BACK:
        return manager
    if origin in _SIDESTEPS or target in _SIDESTEPS:
        return True
    return _RANK[target] > _RANK[origin]


def direction(origin: StatusType, target: StatusType) -> Direction:
    """What a decision on stock is about when an order goes from `origin` to `target`."""
    if TYPES[target].stock is Stock.RELEASED:
        return Direction.RELEASE
    if TYPES[target].stock is Stock.SHIPS_REST or TYPES[origin].stock in (Stock.RELEASED, Stock.NOTHING):
        return Direction.TAKE
    return Direction.STAY


_TAKEN = ("all", "unshipped", "lines", "none")
_COMES_BACK = ("all", "unshipped", "lines", "scrap", "none")
_STOCK_TEXTS = {
    Direction.RELEASE: "What comes back: all of it, the unshipped part, these lines, all to be scrapped, or nothing?",
    Direction.TAKE: "What is taken from stock: all of it, only what never left, these lines, or nothing?",
    Direction.STAY: "Did goods come back: all, none, these lines, all to be scrapped, or does stock stay as it is?",
}


def stock_choices(origin: StatusType, target: StatusType) -> tuple[str, ...]:
    """The words of a decision on stock; only what comes back can be scrapped."""
    return _TAKEN if direction(origin, target) is Direction.TAKE else _COMES_BACK


def questions(origin: StatusType, target: StatusType) -> tuple[Question, ...]:
    """What a change that needs a decision asks."""
    return (Question("stock", stock_choices(origin, target), _STOCK_TEXTS[direction(origin, target)]),)


def deletion_questions(*, invoiced: bool) -> tuple[Question, ...]:
    """What a deletion asks; an invoice is credited only when the answer says so."""
    stock = Question("stock", _COMES_BACK, _STOCK_TEXTS[Direction.RELEASE])
    credit = Question("credit", ("true", "false"), "Is the invoice credited?", required=False)
    return (stock, credit) if invoiced else (stock,)
