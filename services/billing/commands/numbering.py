"""Whose numbers a shop gives, and the giving of them: gapless by series and year of a seller, the legal entity.

Shops with one SIREN (else one VAT number) are one seller's and share its series where they name the same prefix. A
shop's seller is settled with its first document and stays, whatever its identity later says: numbers that were given
cannot move. Issuing holds a share of the seller's row until the commit, which closing a day takes alone, so that no
document comes to be dated on a closed day. Lock order: orders, sellers, series.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, or_, select, update

from services.billing.domain import DEFAULT_FORMAT, GENESIS
from services.billing.tables import sellers, series, series_formats, shop_sellers
from shared.contracts import Shop
from shared.database import upsert
from shared.outbox import Transaction
from shared.problems import Problem


class SeriesTaken(Problem):
    """One prefix cannot number two kinds of documents."""

    slug: ClassVar[str] = "series-taken"
    title: ClassVar[str] = "The series numbers other documents"


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """The key of a number series: `FA` of 2026."""

    seller: str
    series: str
    year: int

    @property
    def name(self) -> str:
        return f"{self.series}{self.year}"


@dataclass(frozen=True, slots=True)
class Seller:
    """The legal entity behind a shop, whose row is locked, and the first day that is still open."""

    id: str
    opens_on: date


@dataclass(frozen=True, slots=True)
class Taken:
    """A range of numbers: the last one, the hash the first one follows, the date, the way they are written."""

    last: int
    head: str
    day: date
    format: str


async def sellers_of(tx: Transaction, shops: Iterable[Shop]) -> dict[str, Seller]:
    """The sellers of these shops, by shop; a share of their rows is held until the commit."""
    found = {}
    for shop in sorted(shops, key=lambda one: one.shop):
        row = (await tx.execute(_seller, {"shop": shop.shop})).one_or_none()
        if row is None:
            await _settle(tx, shop)
            row = (await tx.execute(_seller, {"shop": shop.shop})).one()
        today = tx.now.astimezone(ZoneInfo(shop.timezone)).date()
        opens_on = today if row.closed_on is None else max(today, row.closed_on + timedelta(days=1))
        found[shop.shop] = Seller(row.id, opens_on)
    return found


async def take(tx: Transaction, key: Series, count: int, day: date, kind: str | None) -> Taken:
    """Take so many numbers, dated `day` or as late as the series' last one; raises `SeriesTaken`.

    `kind`: what the series numbers, None for a shop that names one for everything.
    """
    own = {"b_seller": key.seller, "b_series": key.series, "b_year": key.year}
    parameters = own | {"k": count, "day": day, "b_kind": kind}
    row = (await tx.execute(_raise, parameters)).one_or_none()
    if row is None:
        await _begin(tx, key, day, kind)
        row = (await tx.execute(_raise, parameters)).one_or_none()
    if row is None:
        raise SeriesTaken(f"Series {key.name} numbers other documents than a {kind}: name another one for these.")
    return Taken(row.last, row.last_hash, row.last_date, row.format)


async def set_head(tx: Transaction, key: Series, head: str) -> None:
    """The hash that the next document of the series follows."""
    own = {"b_seller": key.seller, "b_series": key.series, "b_year": key.year}
    await tx.execute(_set_hash, own | {"b_hash": head})


async def format_of(tx: Transaction, key: Series) -> str:
    """How the numbers of a series that begins in this year will be written."""
    formats = series_formats.c
    own = (formats.seller == key.seller) & (formats.series == key.series) & (formats.from_year <= key.year)
    statement = select(formats.format).where(own).order_by(formats.from_year.desc()).limit(1)
    return (await tx.execute(statement)).scalar_one_or_none() or DEFAULT_FORMAT


def legal_id(shop: Shop) -> str | None:
    """What makes two shops one seller's: the SIREN, else the VAT number, without spaces."""
    return "".join(filter(str.isalnum, shop.legal.siren or shop.legal.vat_number or "")).upper()[:40] or None


async def _settle(tx: Transaction, shop: Shop) -> None:
    """Join the seller with this legal identity, or become one; of two that come at once, the second joins."""
    identity = legal_id(shop)
    new = {"id": shop.shop, "legal_id": identity, "closings": 0, "closing_hash": GENESIS}
    await tx.execute(upsert(tx.conn, sellers, keys=[]), [new])
    same = sellers.c.id == shop.shop if identity is None else sellers.c.legal_id == identity
    seller = (await tx.execute(select(sellers.c.id).where(same))).scalar_one()
    await tx.execute(upsert(tx.conn, shop_sellers, keys=["shop"]), [{"shop": shop.shop, "seller": seller}])


async def _begin(tx: Transaction, key: Series, day: date, kind: str | None) -> None:
    first = {"seller": key.seller, "series": key.series, "year": key.year, "kind": kind}
    first |= {"last": 0, "last_hash": GENESIS, "last_date": day, "format": await format_of(tx, key)}
    await tx.execute(upsert(tx.conn, series, keys=["seller", "series", "year"]), [first])


_seller = (
    select(sellers.c.id, sellers.c.closed_on)
    .join(shop_sellers, shop_sellers.c.seller == sellers.c.id)
    .where(shop_sellers.c.shop == bindparam("shop"))
    .with_for_update(read=True, of=sellers)
)
_own = (
    (series.c.seller == bindparam("b_seller"))
    & (series.c.series == bindparam("b_series"))
    & (series.c.year == bindparam("b_year"))
)
_day = bindparam("day", type_=series.c.last_date.type)
_raise = (
    update(series)
    .where(_own, or_(series.c.kind.is_(None), series.c.kind == bindparam("b_kind", type_=series.c.kind.type)))
    .values(
        last=series.c.last + bindparam("k", type_=series.c.last.type),
        last_date=case((series.c.last_date > _day, series.c.last_date), else_=_day),
    )
    .returning(series.c.last, series.c.last_hash, series.c.last_date, series.c.format)
)
_set_hash = update(series).where(_own).values(last_hash=bindparam("b_hash"))
