"""Looking for orders by words: every search costs a bounded number of rows, common or rare.

A word's orders are fetched only as far as `ENOUGH`. Where there are no more, the list is narrowed to these; where there
are more, one order in some hundreds has the word, and the list's own walk (newest first, say) soon has a page of
them, each order being asked for the word. Left to itself, a planner that takes a rare word for a common one would walk
through all orders there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.orders.domain.code import parse_code
from services.orders.domain.search import Kind, folded, typed
from services.orders.tables import order_terms, orders
from shared.database import among, starts_with

ENOUGH = 3_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of these words, as the beginning of a term or (`whole`) all of it; of any kind where `kind` is None.

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
    """One of these numbers."""
    return [Wanted(tuple(folded(text) for text in texts), kind, whole=True)]


async def conditions_of(conn: AsyncConnection, shop: str, wanted: Sequence[Wanted]) -> list[ColumnElement[bool]]:
    """The conditions on `orders` that say that each of these words is there."""
    conditions: list[ColumnElement[bool]] = []
    few: set[str] | None = None
    for one in wanted:
        ids = await _few(conn, shop, one)
        if ids is None:
            conditions.append(exists().where(order_terms.c.order_id == orders.c.id, one.matches))
        else:
            few = ids if few is None else few & ids
    if few is not None:
        conditions.append(among(orders.c.id, sorted(few)))
    return conditions


async def _few(conn: AsyncConnection, shop: str, wanted: Wanted) -> set[str] | None:
    """The ids of the orders that have the word; None where there are more than enough."""
    statement = select(order_terms.c.order_id).where(order_terms.c.shop == shop, wanted.matches).limit(ENOUGH + 1)
    ids = (await conn.execute(statement)).scalars().all()
    return None if len(ids) > ENOUGH else set(ids)
