"""What every line holds, has shipped and got back: absolute numbers, never deltas.

    out  = shipped - restocked
    hold = max(0, ordered - out)   if the type holds, else 0; frozen by the decision `none`

The order message carries these numbers with the order's version, so that un-cancel, edited lines, deletion, duplicates
and late deliveries need no code of their own anywhere. What the words of a decision (`decisions`) mean depends on the
direction of the change (`transitions.direction`). Neighbours: `waits` splits the held quantity by the moment since
which it waits, `locations` says where goods left and came back, `lines` edits them, `commands` stores the result.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.orders.domain.decisions import UNDECIDED, Decision, Quantities, Shipment, StockDecision
from services.orders.domain.locations import AtLocation, Locations, added
from services.orders.domain.transitions import Direction, direction
from services.orders.domain.types import TYPES, Phase, StatusType, Stock
from services.orders.domain.waits import Waits, fitted
from services.orders.domain.waits import shipped as shipped_off


class QuantityError(ValueError):
    """A quantity that the order does not have: an unknown line, an over-shipment, more back than went out.

    Nor has it units to scrap where none come back.
    """

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line


@dataclass(frozen=True, slots=True)
class Line:
    """The quantities of one order line. `frozen` is the hold that a decision fixed until the next decision.

    `shipped_before` of the shipped units left before the order was imported: our stock never had them. `scrapped` of
    the restocked came back unfit: money follows what came back, stock has them no more.
    """

    id: int
    ordered: int
    stocked: bool = True
    shipped: int = 0
    restocked: int = 0
    frozen: int | None = None
    waits: Waits = ()
    shipped_before: int = 0
    scrapped: int = 0
    locations: Locations = ()

    @property
    def out(self) -> int:
        """What left and did not come back."""
        return self.shipped - self.restocked

    @property
    def left(self) -> int:
        """What has still to leave."""
        return max(0, self.ordered - self.out)

    @property
    def hold(self) -> int:
        """What inventory is asked to hold."""
        return sum(wait.quantity for wait in self.waits)


Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """The outcome of a change: the lines as they now are, what left in this parcel, and whether all has left."""

    lines: Lines
    parcel: Quantities
    complete: bool


def place(lines: Lines, type_: StatusType, since: datetime) -> Lines:
    """A new order's lines: what the type holds waits since the order was placed."""
    return tuple(_hold(line, type_, since) for line in lines)


def arrive(
    lines: Lines, type_: StatusType, since: datetime, *, left: Quantities | None = None, from_stock: bool = False
) -> Lines:
    """The lines of an order that is imported as `type_`: what has left by then left there, or (`from_stock`) here.

    `left` is what of a partly shipped one did. Of an order that is back nothing is out, whatever went out and came back
    there.
    """
    if TYPES[type_].phase is not Phase.OUT:
        return place(lines, type_, since)
    known = (left or {}) if type_ is StatusType.PARTIALLY_SHIPPED else {line.id: line.ordered for line in lines}
    away = [(line, known.get(line.id, 0)) for line in lines]
    gone = [replace(line, shipped=out, shipped_before=0 if from_stock else out) for line, out in away]
    return tuple(_hold(line, type_, since) for line in gone)


def move(
    lines: Lines,
    origin: StatusType,
    target: StatusType,
    at: datetime,
    decision: Decision = UNDECIDED,
    shipment: Shipment | None = None,
) -> Moved:
    """Take the lines from `origin` to `target`, with a shipment if there is one.

    Entering a type that ships the rest does so by itself, unless the decision is `none`. Raises `QuantityError`.
    """
    after = _decide(lines, origin, target, decision)
    if shipment is not None:
        parcel = _named(after, shipment, target)
    elif _enters_shipped(origin, target):
        parcel = _rest(after, limited=decision.stock is not None, frozen=decision.stock is StockDecision.NONE)
    else:
        parcel = {}
    location = shipment.location if shipment else None
    left = (_ship(line, parcel.get(line.id, 0), location) for line in after)
    held = tuple(_hold(line, target, at) for line in left)
    return Moved(held, parcel, complete=all(line.left == 0 for line in held))


def delete(lines: Lines, origin: StatusType, at: datetime, decision: Decision) -> Lines:
    """A tombstone's lines: like a cancelled order's, they hold nothing, and what was shipped comes back as decided."""
    return move(lines, origin, StatusType.CANCELLED, at, decision).lines


def requantify(line: Line, ordered: int, type_: StatusType, at: datetime) -> Line:
    """The line with another ordered quantity; what is added waits since now, and is held even on a frozen line."""
    if ordered < line.out:
        raise QuantityError(line.id, f"Line {line.id}: {line.out} left already, so {ordered} is too few.")
    raised = max(0, ordered - line.ordered)
    frozen = None if line.frozen is None else line.frozen + raised
    return _hold(replace(line, ordered=ordered, frozen=frozen), type_, at)


def _decide(lines: Lines, origin: StatusType, target: StatusType, decision: Decision) -> Lines:
    """Apply the words of the decision, or the default ones: what comes back, what is taken, what stays frozen."""
    if decision.stock is None and not _moves_by_itself(origin, target):
        return lines
    towards = direction(origin, target)
    _known(lines, decision.lines)
    if towards is Direction.TAKE:
        taken = decision.stock or StockDecision.ALL
        return tuple(replace(line, frozen=_taken(line, taken, decision)) for line in lines)
    back = decision.stock or StockDecision.UNSHIPPED
    return tuple(_bring_back(line, back, decision, target) for line in lines)


def _moves_by_itself(origin: StatusType, target: StatusType) -> bool:
    """Whether the change releases or takes stock although nothing was decided; else what is frozen stays so."""
    idle = (Stock.RELEASED, Stock.NOTHING)
    return origin is not target and (TYPES[origin].stock in idle or TYPES[target].stock in idle)


def _taken(line: Line, word: StockDecision, decision: Decision) -> int | None:
    """The hold that a decision out of a released state fixes; None where the type's own hold is wanted."""
    if word is StockDecision.SCRAP or decision.scrapped.get(line.id):
        raise QuantityError(line.id, f"Line {line.id}: nothing comes back here, so nothing of it can be scrapped.")
    if decision.location or line.id in decision.locations:
        raise QuantityError(line.id, f"Line {line.id}: nothing comes back here, so it can be to no location.")
    match word:
        case StockDecision.ALL:
            return None
        case StockDecision.NONE:
            return line.hold
        case StockDecision.UNSHIPPED:
            never_left = max(0, line.ordered - line.shipped)
            return never_left if never_left < line.left else None
        case StockDecision.LINES:
            quantity = decision.lines.get(line.id, 0)
            if quantity > line.left:
                raise QuantityError(line.id, f"Line {line.id}: only {line.left} can be taken, not {quantity}.")
            return quantity if quantity < line.left else None


def _bring_back(line: Line, word: StockDecision, decision: Decision, target: StatusType) -> Line:
    """What was shipped comes back, or not; `none` keeps what is held, except for a cancelled order."""
    match word:
        case StockDecision.NONE:
            return replace(line, frozen=None if target is StatusType.CANCELLED else line.hold)
        case StockDecision.ALL | StockDecision.SCRAP:
            unfit = line.out if word is StockDecision.SCRAP and line.stocked else 0
            at = None if decision.location is None else AtLocation(decision.location, 0, line.out, unfit)
            return _returned(line, line.out, unfit, (at,) if at and line.stocked and line.out else ())
        case StockDecision.UNSHIPPED:
            return replace(line, frozen=None)
        case StockDecision.LINES:
            back, scrapped = decision.lines.get(line.id, 0), decision.scrapped.get(line.id, 0)
            if back > line.out:
                raise QuantityError(line.id, f"Line {line.id}: {line.out} are out, so {back} cannot come back.")
            if scrapped > (back if line.stocked else 0):
                raise QuantityError(line.id, f"Line {line.id}: {scrapped} of what comes back cannot be scrapped.")
            if line.id in decision.locations and not line.stocked:
                raise QuantityError(line.id, f"Line {line.id} is not kept in stock, so it can be at no location.")
            return _returned(line, back, scrapped, decision.locations.get(line.id, ()))


def _returned(line: Line, units: int, scrapped: int, locations: Locations) -> Line:
    restocked, unfit = line.restocked + units, line.scrapped + scrapped
    return replace(line, restocked=restocked, scrapped=unfit, frozen=None, locations=added(line.locations, locations))


def _enters_shipped(origin: StatusType, target: StatusType) -> bool:
    return TYPES[target].stock is Stock.SHIPS_REST and TYPES[origin].stock is not Stock.SHIPS_REST


def _rest(lines: Lines, *, limited: bool, frozen: bool) -> Quantities:
    """What leaves when nobody named it: all that is left; no more than a decision of this very change took."""
    if frozen:
        return {}
    due = {line.id: line.left if line.frozen is None or not limited else min(line.frozen, line.left) for line in lines}
    return {id_: quantity for id_, quantity in due.items() if quantity}


def _named(lines: Lines, shipment: Shipment, target: StatusType) -> Quantities:
    """What a shipment says left. Services and the like leave with the last goods, named or not."""
    if shipment.lines is None:
        return {line.id: line.left for line in lines if line.left}
    _known(lines, shipment.lines)
    parcel = {id_: quantity for id_, quantity in shipment.lines.items() if quantity}
    for line in lines:
        if parcel.get(line.id, 0) > line.left:
            raise QuantityError(line.id, f"Line {line.id}: {line.left} are left to ship, not {parcel[line.id]}.")
    goods_left = any(line.stocked and line.left > parcel.get(line.id, 0) for line in lines)
    if TYPES[target].stock is Stock.SHIPS_REST and not goods_left:
        parcel |= {line.id: line.left for line in lines if line.left}
    return parcel


def _ship(line: Line, quantity: int, location: str | None) -> Line:
    if not quantity:
        return line
    frozen = None if line.frozen is None else max(0, line.frozen - quantity)
    still = shipped_off(line.waits, quantity)
    at = (AtLocation(location, quantity),) if location is not None and line.stocked else ()
    shipped = line.shipped + quantity
    return replace(line, shipped=shipped, frozen=frozen, waits=still, locations=added(line.locations, at))


def _hold(line: Line, type_: StatusType, at: datetime) -> Line:
    """The line holding what its type and a frozen decision ask."""
    wanted = line.left if TYPES[type_].holds else 0
    hold = wanted if line.frozen is None else min(line.frozen, line.left)
    return replace(line, waits=fitted(line.waits, hold if line.stocked else 0, at))


def _known(lines: Lines, named: Iterable[int]) -> None:
    ids = {line.id for line in lines}
    for id_ in named:
        if id_ not in ids:
            raise QuantityError(id_, f"There is no line {id_}.")
