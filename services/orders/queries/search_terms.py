"""Looking for orders by words: every search costs a bounded number of rows, common or rare.

A word's orders are fetched only as far as `ENOUGH`. Where there are no more, the list is narrowed to these. Where there
are more, the list's own walk (newest first, say) soon has a page of them: each order that comes along is looked up
among those of the word, or, if they are more than `MANY`, is asked for the word itself, since one in fifty has it then.
Left to itself, a planner that takes a rare word for a common one would walk through all orders there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause, Select, and_, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.orders.domain.code import parse_code
from services.orders.domain.search import APART, Kind, folded, typed
from services.orders.tables import order_terms, orders
from shared.database import among, starts_with

ENOUGH = 2_000
"""Orders of a word that are looked up by their ids."""
MANY = 20_000
"""Orders of a word that are kept for a walk: two megabytes."""
ASKED = 2_000
"""Orders that are asked for their words, at 10 µs each."""
LOOKED_UP = 25_000
"""Orders that are looked up among those of a word, at 0.4 µs each: a page of a word that one in 500 has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of these words, as the beginning of a term or (`whole`) all of it; any kind not `APART` where `kind` is None.

    Or else the order has this `code`, which was typed in words of its own.
    """

    words: tuple[str, ...]
    kind: Kind | None = None
    whole: bool = False
    code: str | None = None

    def matches(self, terms: FromClause = order_terms) -> ColumnElement[bool]:
        """The condition on `order_terms`."""
        term, kind = terms.c.term, terms.c.kind
        found = or_(*(term == word if self.whole else starts_with(term, word) for word in self.words))
        if self.kind is not None:
            return and_(found, kind == self.kind)
        # Said as what it is not: a list of kinds would be looked up in the index behind every single term.
        found = and_(found, kind.not_in(APART))
        return found if self.code is None else or_(found, and_(kind == Kind.CODE, term == self.code))


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
    """Conditions on `orders`. Those that words of many orders ask for are said in two ways."""

    few: tuple[ColumnElement[bool], ...]
    """What an index answers: columns, and the orders of rare words by their ids."""
    probes: tuple[ColumnElement[bool], ...] = ()
    """A look at each order that comes along, for a page."""
    members: tuple[ColumnElement[bool], ...] = ()
    """All orders of the words at once, for a count of the whole set."""
    walk: int = ASKED
    """How many orders of the list may be looked at, to count those that come along."""


async def narrow(conn: AsyncConnection, shop: str, wanted: Sequence[Wanted]) -> Narrowed:
    """The conditions that say that each of these words is there."""
    few: set[str] | None = None
    common = []
    for one in wanted:
        ids = await _ids(conn, _having(shop, one))
        if ids is None:
            common.append(one)
        else:
            few = ids if few is None else few & ids
    if few is not None:
        return _among(few, [_probe(one, orders.c.id) for one in common])
    if not common:
        return Narrowed(())
    counts = {one: await _counted(conn, shop, one) for one in common}
    rarest = min(common, key=counts.__getitem__)
    if counts[rarest] > MANY:
        having_each = tuple(orders.c.id.in_(_having(shop, one)) for one in common)
        return Narrowed((), tuple(_probe(one, orders.c.id) for one in common), having_each)
    having = _having(shop, rarest)
    for one in common:
        if one is not rarest:
            held = order_terms.c.order_id.in_(_having(shop, one, order_terms.alias()))
            having = having.where(_probe(one, order_terms.c.order_id) if counts[one] > MANY else held)
    ids = await _ids(conn, having) if len(common) > 1 else None
    if ids is not None:
        return _among(ids)
    return Narrowed((), (_held(having),), (orders.c.id.in_(having),), LOOKED_UP)


def _among(ids: set[str], probes: Sequence[ColumnElement[bool]] = ()) -> Narrowed:
    return Narrowed((among(orders.c.id, sorted(ids)), *probes))


def _having(shop: str, wanted: Wanted, terms: FromClause = order_terms) -> Select[Any]:
    """The ids of the orders that have the word."""
    return select(terms.c.order_id).where(terms.c.shop == shop, wanted.matches(terms))


async def _ids(conn: AsyncConnection, having: Select[Any]) -> set[str] | None:
    """The orders; None where there are more than enough."""
    ids = (await conn.execute(having.limit(ENOUGH + 1))).scalars().all()
    return None if len(ids) > ENOUGH else set(ids)


async def _counted(conn: AsyncConnection, shop: str, wanted: Wanted) -> int:
    """How many they are, up to one more than `MANY`."""
    some = _having(shop, wanted).limit(MANY + 1).subquery()
    return int((await conn.execute(select(func.count()).select_from(some))).scalar_one())


def _held(having: Select[Any]) -> ColumnElement[bool]:
    """Fetched once, and kept as a hash table for the walk: `coalesce`, or PostgreSQL would make a join of it and sort
    all of its orders; the limit, for it to know that they fit into memory.
    """
    return func.coalesce(orders.c.id.in_(having.limit(MANY)), false())


def _probe(wanted: Wanted, order_id: ColumnElement[str]) -> ColumnElement[bool]:
    """A subquery with a limit, since PostgreSQL would make a join of EXISTS and fetch all orders of the word."""
    terms = order_terms.alias()
    look = select(literal(1)).where(terms.c.order_id == order_id, wanted.matches(terms)).limit(1)
    return look.correlate_except(terms).scalar_subquery().is_not(None)
