"""Looking for orders by words: every search costs a bounded number of rows, common or rare.

A word's orders are fetched only as far as `ENOUGH`. Where there are no more, the list is narrowed to these; where there
are more, one order in some hundreds has the word, and the list's own walk (newest first, say) soon has a page of
them, each order being asked for the word. Left to itself, a planner that takes a rare word for a common one would walk
through all orders there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.orders.domain.code import parse_code
from services.orders.domain.search import APART, Kind, folded, typed
from services.orders.tables import order_terms, orders
from shared.database import among, starts_with

ENOUGH = 2_000
"""Orders of a word that are looked up by their ids."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of these words, as the beginning of a term or (`whole`) all of it; any kind not `APART` where `kind` is None.

    Or else the order has this `code`, which was typed in words of its own.
    """

    words: tuple[str, ...]
    kind: Kind | None = None
    whole: bool = False
    code: str | None = None

    @property
    def matches(self) -> ColumnElement[bool]:
        """The condition on `order_terms`."""
        term = order_terms.c.term
        found = or_(*(term == word if self.whole else starts_with(term, word) for word in self.words))
        if self.kind is not None:
            return and_(found, order_terms.c.kind == self.kind)
        # Said as what it is not: a list of kinds would be looked up in the index behind every single term.
        found = and_(found, order_terms.c.kind.not_in(APART))
        return found if self.code is None else or_(found, and_(order_terms.c.kind == Kind.CODE, term == self.code))


def anywhere(texts: Sequence[str], kind: Kind | None = None) -> list[Wanted]:
    """All words of each text, as the beginnings of terms; or the code that the text is, however it was typed.

    Thirteen letters may happen to be a code, so that they are looked for as words, too.
    """
    found = []
    for text in texts:
        code = None if kind else parse_code(text)
        found += [Wanted((word,), kind, code=code and folded(code)) for word in typed(text)]
    return found


def exactly(texts: Sequence[str], kind: Kind) -> list[Wanted]:
    """One of these texts, whole."""
    return [Wanted(tuple(folded(text) for text in texts), kind, whole=True)]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the words ask of an order: `few` is answered by ids, `common` are words of many orders."""

    few: tuple[ColumnElement[bool], ...]
    common: tuple[Wanted, ...]

    @property
    def probes(self) -> tuple[ColumnElement[bool], ...]:
        """A look at each order that comes along, for a page."""
        return tuple(_probe(wanted) for wanted in self.common)

    @property
    def members(self) -> tuple[ColumnElement[bool], ...]:
        """All orders of the words at once, for a count of the whole set."""
        return tuple(orders.c.id.in_(select(order_terms.c.order_id).where(wanted.matches)) for wanted in self.common)


async def narrow(conn: AsyncConnection, shop: str, wanted: Sequence[Wanted]) -> Narrowed:
    """The conditions on `orders` that say that each of these words is there."""
    common: list[Wanted] = []
    few: set[str] | None = None
    for one in wanted:
        ids = await _few(conn, shop, one)
        if ids is None:
            common.append(one)
        else:
            few = ids if few is None else few & ids
    return Narrowed(() if few is None else (among(orders.c.id, sorted(few)),), tuple(common))


def _probe(wanted: Wanted) -> ColumnElement[bool]:
    """A subquery with a limit, since PostgreSQL would make a join of EXISTS and fetch all orders of the word."""
    look = select(literal(1)).where(order_terms.c.order_id == orders.c.id, wanted.matches).limit(1)
    return look.correlate(orders).scalar_subquery().is_not(None)


async def _few(conn: AsyncConnection, shop: str, wanted: Wanted) -> set[str] | None:
    """The ids of the orders that have the word; None where there are more than enough."""
    statement = select(order_terms.c.order_id).where(order_terms.c.shop == shop, wanted.matches).limit(ENOUGH + 1)
    ids = (await conn.execute(statement)).scalars().all()
    return None if len(ids) > ENOUGH else set(ids)
